import type { VmSize } from './vm-size.ts'

/**
 * Name, family, vCPUs, memory in GB, GPUs, local disk in MB, premium storage. Figures follow Azure's published size
 * tables; no live region was asked.
 */
const TABLE = `
Standard_D1 standardDFamily 1 3.5 0 51200 standard
Standard_D2 standardDFamily 2 7 0 102400 standard
Standard_D3 standardDFamily 4 14 0 204800 standard
Standard_D4 standardDFamily 8 28 0 409600 standard
Standard_D11 standardDFamily 2 14 0 102400 standard
Standard_D12 standardDFamily 4 28 0 204800 standard
Standard_D13 standardDFamily 8 56 0 409600 standard
Standard_D14 standardDFamily 16 112 0 819200 standard
Standard_D1_v2 standardDv2Family 1 3.5 0 51200 standard
Standard_D2_v2 standardDv2Family 2 7 0 102400 standard
Standard_D3_v2 standardDv2Family 4 14 0 204800 standard
Standard_D4_v2 standardDv2Family 8 28 0 409600 standard
Standard_D5_v2 standardDv2Family 16 56 0 819200 standard
Standard_D11_v2 standardDv2Family 2 14 0 102400 standard
Standard_D12_v2 standardDv2Family 4 28 0 204800 standard
Standard_D13_v2 standardDv2Family 8 56 0 409600 standard
Standard_D14_v2 standardDv2Family 16 112 0 819200 standard
Standard_D15_v2 standardDv2Family 20 140 0 1024000 standard
Standard_DS1_v2 standardDSv2Family 1 3.5 0 7168 premium
Standard_DS2_v2 standardDSv2Family 2 7 0 14336 premium
Standard_DS3_v2 standardDSv2Family 4 14 0 28672 premium
Standard_DS4_v2 standardDSv2Family 8 28 0 57344 premium
Standard_DS5_v2 standardDSv2Family 16 56 0 114688 premium
Standard_DS11_v2 standardDSv2Family 2 14 0 28672 premium
Standard_DS12_v2 standardDSv2Family 4 28 0 57344 premium
Standard_DS13_v2 standardDSv2Family 8 56 0 114688 premium
Standard_DS14_v2 standardDSv2Family 16 112 0 229376 premium
Standard_DS15_v2 standardDSv2Family 20 140 0 286720 premium
Standard_D2_v3 standardDv3Family 2 8 0 51200 standard
Standard_D4_v3 standardDv3Family 4 16 0 102400 standard
Standard_D8_v3 standardDv3Family 8 32 0 204800 standard
Standard_D16_v3 standardDv3Family 16 64 0 409600 standard
Standard_D32_v3 standardDv3Family 32 128 0 819200 standard
Standard_D48_v3 standardDv3Family 48 192 0 1228800 standard
Standard_D64_v3 standardDv3Family 64 256 0 1638400 standard
Standard_D2s_v3 standardDSv3Family 2 8 0 16384 premium
Standard_D4s_v3 standardDSv3Family 4 16 0 32768 premium
Standard_D8s_v3 standardDSv3Family 8 32 0 65536 premium
Standard_D16s_v3 standardDSv3Family 16 64 0 131072 premium
Standard_D32s_v3 standardDSv3Family 32 128 0 262144 premium
Standard_D48s_v3 standardDSv3Family 48 192 0 393216 premium
Standard_D64s_v3 standardDSv3Family 64 256 0 524288 premium
Standard_D2_v4 standardDv4Family 2 8 0 0 standard
Standard_D4_v4 standardDv4Family 4 16 0 0 standard
Standard_D8_v4 standardDv4Family 8 32 0 0 standard
Standard_D16_v4 standardDv4Family 16 64 0 0 standard
Standard_D32_v4 standardDv4Family 32 128 0 0 standard
Standard_D48_v4 standardDv4Family 48 192 0 0 standard
Standard_D64_v4 standardDv4Family 64 256 0 0 standard
Standard_D2s_v4 standardDSv4Family 2 8 0 0 premium
Standard_D4s_v4 standardDSv4Family 4 16 0 0 premium
Standard_D8s_v4 standardDSv4Family 8 32 0 0 premium
Standard_D16s_v4 standardDSv4Family 16 64 0 0 premium
Standard_D32s_v4 standardDSv4Family 32 128 0 0 premium
Standard_D48s_v4 standardDSv4Family 48 192 0 0 premium
Standard_D64s_v4 standardDSv4Family 64 256 0 0 premium
Standard_D2d_v4 standardDDv4Family 2 8 0 76800 standard
Standard_D4d_v4 standardDDv4Family 4 16 0 153600 standard
Standard_D8d_v4 standardDDv4Family 8 32 0 307200 standard
Standard_D16d_v4 standardDDv4Family 16 64 0 614400 standard
Standard_D32d_v4 standardDDv4Family 32 128 0 1228800 standard
Standard_D48d_v4 standardDDv4Family 48 192 0 1843200 standard
Standard_D64d_v4 standardDDv4Family 64 256 0 2457600 standard
Standard_D2ds_v4 standardDDSv4Family 2 8 0 76800 premium
Standard_D4ds_v4 standardDDSv4Family 4 16 0 153600 premium
Standard_D8ds_v4 standardDDSv4Family 8 32 0 307200 premium
Standard_D16ds_v4 standardDDSv4Family 16 64 0 614400 premium
Standard_D32ds_v4 standardDDSv4Family 32 128 0 1228800 premium
Standard_D48ds_v4 standardDDSv4Family 48 192 0 1843200 premium
Standard_D64ds_v4 standardDDSv4Family 64 256 0 2457600 premium
Standard_D2a_v4 standardDAv4Family 2 8 0 51200 standard
Standard_D4a_v4 standardDAv4Family 4 16 0 102400 standard
Standard_D8a_v4 standardDAv4Family 8 32 0 204800 standard
Standard_D16a_v4 standardDAv4Family 16 64 0 409600 standard
Standard_D32a_v4 standardDAv4Family 32 128 0 819200 standard
Standard_D48a_v4 standardDAv4Family 48 192 0 1228800 standard
Standard_D64a_v4 standardDAv4Family 64 256 0 1638400 standard
Standard_D96a_v4 standardDAv4Family 96 384 0 2457600 standard
Standard_D2as_v4 standardDASv4Family 2 8 0 16384 premium
Standard_D4as_v4 standardDASv4Family 4 16 0 32768 premium
Standard_D8as_v4 standardDASv4Family 8 32 0 65536 premium
Standard_D16as_v4 standardDASv4Family 16 64 0 131072 premium
Standard_D32as_v4 standardDASv4Family 32 128 0 262144 premium
Standard_D48as_v4 standardDASv4Family 48 192 0 393216 premium
Standard_D64as_v4 standardDASv4Family 64 256 0 524288 premium
Standard_D96as_v4 standardDASv4Family 96 384 0 786432 premium
Standard_D2s_v5 standardDSv5Family 2 8 0 0 premium
Standard_D4s_v5 standardDSv5Family 4 16 0 0 premium
Standard_D8s_v5 standardDSv5Family 8 32 0 0 premium
Standard_D16s_v5 standardDSv5Family 16 64 0 0 premium
Standard_D32s_v5 standardDSv5Family 32 128 0 0 premium
Standard_D48s_v5 standardDSv5Family 48 192 0 0 premium
Standard_D64s_v5 standardDSv5Family 64 256 0 0 premium
Standard_D96s_v5 standardDSv5Family 96 384 0 0 premium
Standard_D2ds_v5 standardDDSv5Family 2 8 0 76800 premium
Standard_D4ds_v5 standardDDSv5Family 4 16 0 153600 premium
Standard_D8ds_v5 standardDDSv5Family 8 32 0 307200 premium
Standard_D16ds_v5 standardDDSv5Family 16 64 0 614400 premium
Standard_D32ds_v5 standardDDSv5Family 32 128 0 1228800 premium
Standard_D48ds_v5 standardDDSv5Family 48 192 0 1843200 premium
Standard_D64ds_v5 standardDDSv5Family 64 256 0 2457600 premium
Standard_D96ds_v5 standardDDSv5Family 96 384 0 3686400 premium
Standard_D2as_v5 standardDASv5Family 2 8 0 0 premium
Standard_D4as_v5 standardDASv5Family 4 16 0 0 premium
Standard_D8as_v5 standardDASv5Family 8 32 0 0 premium
Standard_D16as_v5 standardDASv5Family 16 64 0 0 premium
Standard_D32as_v5 standardDASv5Family 32 128 0 0 premium
Standard_D48as_v5 standardDASv5Family 48 192 0 0 premium
Standard_D64as_v5 standardDASv5Family 64 256 0 0 premium
Standard_D96as_v5 standardDASv5Family 96 384 0 0 premium
Standard_E2_v3 standardEv3Family 2 16 0 51200 standard
Standard_E4_v3 standardEv3Family 4 32 0 102400 standard
Standard_E8_v3 standardEv3Family 8 64 0 204800 standard
Standard_E16_v3 standardEv3Family 16 128 0 409600 standard
Standard_E32_v3 standardEv3Family 32 256 0 819200 standard
Standard_E48_v3 standardEv3Family 48 384 0 1228800 standard
Standard_E2s_v3 standardESv3Family 2 16 0 32768 premium
Standard_E4s_v3 standardESv3Family 4 32 0 65536 premium
Standard_E8s_v3 standardESv3Family 8 64 0 131072 premium
Standard_E16s_v3 standardESv3Family 16 128 0 262144 premium
Standard_E32s_v3 standardESv3Family 32 256 0 524288 premium
Standard_E48s_v3 standardESv3Family 48 384 0 786432 premium
Standard_E2s_v4 standardESv4Family 2 16 0 0 premium
Standard_E4s_v4 standardESv4Family 4 32 0 0 premium
Standard_E8s_v4 standardESv4Family 8 64 0 0 premium
Standard_E16s_v4 standardESv4Family 16 128 0 0 premium
Standard_E32s_v4 standardESv4Family 32 256 0 0 premium
Standard_E48s_v4 standardESv4Family 48 384 0 0 premium
Standard_E2ds_v4 standardEDSv4Family 2 16 0 76800 premium
Standard_E4ds_v4 standardEDSv4Family 4 32 0 153600 premium
Standard_E8ds_v4 standardEDSv4Family 8 64 0 307200 premium
Standard_E16ds_v4 standardEDSv4Family 16 128 0 614400 premium
Standard_E32ds_v4 standardEDSv4Family 32 256 0 1228800 premium
Standard_E48ds_v4 standardEDSv4Family 48 384 0 1843200 premium
Standard_E2s_v5 standardESv5Family 2 16 0 0 premium
Standard_E4s_v5 standardESv5Family 4 32 0 0 premium
Standard_E8s_v5 standardESv5Family 8 64 0 0 premium
Standard_E16s_v5 standardESv5Family 16 128 0 0 premium
Standard_E32s_v5 standardESv5Family 32 256 0 0 premium
Standard_E48s_v5 standardESv5Family 48 384 0 0 premium
Standard_E64s_v5 standardESv5Family 64 512 0 0 premium
Standard_E96s_v5 standardESv5Family 96 768 0 0 premium
Standard_E2ds_v5 standardEDSv5Family 2 16 0 76800 premium
Standard_E4ds_v5 standardEDSv5Family 4 32 0 153600 premium
Standard_E8ds_v5 standardEDSv5Family 8 64 0 307200 premium
Standard_E16ds_v5 standardEDSv5Family 16 128 0 614400 premium
Standard_E32ds_v5 standardEDSv5Family 32 256 0 1228800 premium
Standard_E48ds_v5 standardEDSv5Family 48 384 0 1843200 premium
Standard_E64ds_v5 standardEDSv5Family 64 512 0 2457600 premium
Standard_E96ds_v5 standardEDSv5Family 96 768 0 3686400 premium
Standard_F2s_v2 standardFSv2Family 2 4 0 16384 premium
Standard_F4s_v2 standardFSv2Family 4 8 0 32768 premium
Standard_F8s_v2 standardFSv2Family 8 16 0 65536 premium
Standard_F16s_v2 standardFSv2Family 16 32 0 131072 premium
Standard_F32s_v2 standardFSv2Family 32 64 0 262144 premium
Standard_F48s_v2 standardFSv2Family 48 96 0 393216 premium
Standard_F64s_v2 standardFSv2Family 64 128 0 524288 premium
Standard_F72s_v2 standardFSv2Family 72 144 0 589824 premium
Standard_F1s standardFSFamily 1 2 0 4096 premium
Standard_F2s standardFSFamily 2 4 0 8192 premium
Standard_F4s standardFSFamily 4 8 0 16384 premium
Standard_F8s standardFSFamily 8 16 0 32768 premium
Standard_F16s standardFSFamily 16 32 0 65536 premium
Standard_NC6 standardNCFamily 6 56 1 348160 standard
Standard_NC12 standardNCFamily 12 112 2 696320 standard
Standard_NC24 standardNCFamily 24 224 4 1474560 standard
Standard_NC6s_v3 standardNCSv3Family 6 112 1 753664 premium
Standard_NC12s_v3 standardNCSv3Family 12 224 2 1509376 premium
Standard_NC24s_v3 standardNCSv3Family 24 448 4 3018752 premium
Standard_NC24rs_v3 standardNCSv3Family 24 448 4 3018752 premium
Standard_NC4as_T4_v3 standardNCASv3Family 4 28 1 180224 premium
Standard_NC8as_T4_v3 standardNCASv3Family 8 56 1 360448 premium
Standard_NC16as_T4_v3 standardNCASv3Family 16 112 1 360448 premium
Standard_NC64as_T4_v3 standardNCASv3Family 64 440 4 2883584 premium
Standard_NC24ads_A100_v4 standardNCADSA100v4Family 24 220 1 980992 premium
Standard_NC48ads_A100_v4 standardNCADSA100v4Family 48 440 2 1961984 premium
Standard_NC96ads_A100_v4 standardNCADSA100v4Family 96 880 4 3923968 premium
Standard_ND40rs_v2 standardNDv2Family 40 672 8 3018752 premium
Standard_ND96asr_v4 standardNDASv4Family 96 900 8 6144000 premium
Standard_NV6 standardNVFamily 6 56 1 350208 standard
Standard_NV12 standardNVFamily 12 112 2 700416 standard
Standard_NV24 standardNVFamily 24 224 4 1400832 standard
`

/** VM sizes that Azure Machine Learning names. A node here is given no more than its size says, and no more than the machine has. */
export const vmSizes: readonly VmSize[] = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [name = '', family = '', vCPUs, memoryGB, gpus, diskMB, storage] = line.split(' ')
    return {
      name,
      family,
      vCPUs: Number(vCPUs),
      memoryGB: Number(memoryGB),
      gpus: Number(gpus),
      diskMB: Number(diskMB),
      premiumIO: storage === 'premium',
    }
  })
