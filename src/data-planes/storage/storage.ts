/** The storage services, as the composition root loads them. */
export { blobService } from './blob-service.ts'
export { otherStorageServices } from './other-services.ts'
