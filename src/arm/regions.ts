import type { Region } from './define-resource.ts'

const of = (geographyGroup: string, names: Readonly<Record<string, string>>): readonly Region[] =>
  Object.entries(names).map(([name, displayName]) => ({ name, displayName, geographyGroup }))

/** Azure's public regions. Here they are labels: everything is on this machine whichever is named. */
export const regions: readonly Region[] = [
  ...of('US', {
    eastus: 'East US',
    eastus2: 'East US 2',
    southcentralus: 'South Central US',
    westus2: 'West US 2',
    westus3: 'West US 3',
    centralus: 'Central US',
    northcentralus: 'North Central US',
    westus: 'West US',
    westcentralus: 'West Central US',
    centraluseuap: 'Central US EUAP',
    eastus2euap: 'East US 2 EUAP',
  }),
  ...of('Asia Pacific', {
    australiaeast: 'Australia East',
    southeastasia: 'Southeast Asia',
    centralindia: 'Central India',
    eastasia: 'East Asia',
    japaneast: 'Japan East',
    koreacentral: 'Korea Central',
    newzealandnorth: 'New Zealand North',
    australiacentral: 'Australia Central',
    australiasoutheast: 'Australia Southeast',
    japanwest: 'Japan West',
    jioindiawest: 'Jio India West',
    koreasouth: 'Korea South',
    southindia: 'South India',
    westindia: 'West India',
    indonesiacentral: 'Indonesia Central',
    malaysiawest: 'Malaysia West',
  }),
  ...of('Europe', {
    swedencentral: 'Sweden Central',
    uksouth: 'UK South',
    westeurope: 'West Europe',
    northeurope: 'North Europe',
    francecentral: 'France Central',
    germanywestcentral: 'Germany West Central',
    italynorth: 'Italy North',
    norwayeast: 'Norway East',
    polandcentral: 'Poland Central',
    spaincentral: 'Spain Central',
    switzerlandnorth: 'Switzerland North',
    austriaeast: 'Austria East',
    francesouth: 'France South',
    germanynorth: 'Germany North',
    norwaywest: 'Norway West',
    switzerlandwest: 'Switzerland West',
    ukwest: 'UK West',
  }),
  ...of('Canada', { canadacentral: 'Canada Central', canadaeast: 'Canada East' }),
  ...of('South America', { brazilsouth: 'Brazil South', brazilsoutheast: 'Brazil Southeast' }),
  ...of('Mexico', { mexicocentral: 'Mexico Central' }),
  ...of('Africa', { southafricanorth: 'South Africa North', southafricawest: 'South Africa West' }),
  ...of('Middle East', {
    uaenorth: 'UAE North',
    uaecentral: 'UAE Central',
    qatarcentral: 'Qatar Central',
    israelcentral: 'Israel Central',
  }),
]

const known: ReadonlySet<string> = new Set(['global', ...regions.map(({ name }) => name)])

/** `East US` as ARM keeps it: `eastus`. Undefined where there is no such region. */
export function normalLocation(location: string): string | undefined {
  const name = location.toLowerCase().replaceAll(' ', '')
  return known.has(name) ? name : undefined
}
