/** How many days Azure keeps a deleted workspace, of Machine Learning or of Log Analytics. */
export const RETENTION_DAYS = 14
