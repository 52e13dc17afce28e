/** What an MLflow store holds, however it keeps it. Times are epoch milliseconds. */
export interface Source {
  readonly experiments: readonly SourceExperiment[]
  /** Oldest first. */
  runs(): Iterable<SourceRun>
  readonly models: readonly SourceModel[]
  /** What is there and is not read, by what it is called: how many of it. */
  readonly left: Readonly<Record<string, number>>
  close(): void
}

export interface SourceExperiment {
  readonly id: string
  readonly name: string
  readonly deleted: boolean
  readonly tags: Readonly<Record<string, string>>
}

export interface SourceRun {
  readonly id: string
  readonly experimentId: string
  readonly name: string
  readonly user: string
  readonly status: string
  readonly start?: number
  readonly end?: number
  readonly deleted: boolean
  readonly artifactUri: string
  readonly params: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  readonly datasets: readonly SourceDataset[]
  /** Every point of every series. */
  points(): Iterable<SourcePoint>
}

export interface SourcePoint {
  readonly key: string
  readonly value: number
  readonly timestamp: number
  readonly step: number
}

export interface SourceDataset {
  readonly name: string
  readonly digest: string
  readonly source_type: string
  readonly source: string
  readonly schema?: string
  readonly profile?: string
  readonly tags: Readonly<Record<string, string>>
}

export interface SourceModel {
  readonly name: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly aliases: Readonly<Record<string, number>>
  readonly versions: readonly SourceVersion[]
}

export interface SourceVersion {
  readonly version: number
  readonly source: string
  readonly runId: string
  readonly description: string
  readonly stage: string
  readonly tags: Readonly<Record<string, string>>
}
