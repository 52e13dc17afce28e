const MODES: Readonly<Record<string, string>> = {
  ro_mount: 'ReadOnlyMount',
  rw_mount: 'ReadWriteMount',
  eval_mount: 'EvalMount',
  eval_download: 'EvalDownload',
  download: 'Download',
  upload: 'Upload',
  direct: 'Direct',
}

/** A mode of an input or output as ARM spells it, which components write in snake case: clients know no other in jobs. */
export const armMode = (mode: string): string => MODES[mode.toLowerCase()] ?? mode
