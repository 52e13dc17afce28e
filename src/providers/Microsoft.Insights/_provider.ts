import { defineProvider } from '../../arm/define-resource.ts'
import { activityLog } from './_activity-log.ts'
import { billingFeatures } from './_billing-features.ts'
import { diagnosticCategories } from './_categories.ts'
import { metrics } from './_metrics.ts'

/** Application Insights components, as a workspace's dependency, and what Azure Monitor tells of resources. */
export default defineProvider({
  namespace: 'Microsoft.Insights',
  operations: [...activityLog, ...billingFeatures, ...diagnosticCategories, ...metrics],
  knownVersions: [
    '2014-04-01',
    '2015-04-01',
    '2015-05-01',
    '2017-05-01-preview',
    '2017-10-01',
    '2018-01-01',
    '2018-05-01-preview',
    '2018-06-17-preview',
    '2019-10-17-preview',
    '2019-07-01',
    '2020-02-02',
    '2020-02-02-preview',
    '2020-03-01-preview',
    '2020-06-02-preview',
    '2020-11-20',
    '2021-03-08',
    '2021-05-01',
    '2021-05-01-preview',
    '2021-08-01',
    '2022-04-01',
    '2022-06-15',
    '2022-10-01',
    '2023-06-01',
    '2023-10-01',
    '2024-02-01',
    '2024-02-01-preview',
  ],
})
