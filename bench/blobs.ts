/** `bin/node bench/blobs.ts`: the blob rows of the benchmark alone. */
import { besideAzurite } from './beside-azurite.ts'
import { render } from './table.ts'

console.log(render(await besideAzurite(), 'blobs'))
