/** A region's name as Azure stores it: `East US 2` is `eastus2`. */
export const normalRegion = (location: string): string => location.toLowerCase().replace(/[^a-z0-9]/g, '')
