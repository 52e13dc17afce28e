import type { FaultEntry } from '../faults.ts'

/** Refusals before a request reaches a plane. */
export const gatewayFaults = {
  MisdirectedRequest: {
    status: 421,
    message: "This server does not answer for the host '{host}'. It serves Azure Machine Learning's hosts and {own}.",
  },
  RequestHeadersTooMany: {
    status: 431,
    code: 'RequestHeaderFieldsTooLarge',
    message: 'The request carries more than {limit} headers.',
  },
  RequestHeadersTooLarge: {
    status: 431,
    code: 'RequestHeaderFieldsTooLarge',
    message: 'The request line and headers are larger than {limit} bytes.',
  },
  RequestTooLarge: {
    status: 413,
    code: 'RequestContentTooLarge',
    message: 'The request content size exceeds the maximum size of {limit} bytes.',
  },
  RequestTimeout: { status: 408, message: 'The request did not arrive in time.' },
  MalformedRequest: { status: 400, code: 'BadRequest', message: 'The request is no well-formed HTTP/1.1: {reason}.' },
  SurfaceNotImplemented: {
    status: 501,
    code: 'NotImplemented',
    message: "Lazuli does not serve '{surface}' ({host}) yet.",
  },
  TunnelFailed: { status: 502, code: 'BadGateway', message: "No connection to '{target}': {reason}." },
  TunnelForbidden: {
    status: 403,
    code: 'Forbidden',
    message: "Only clients on this machine may reach '{target}' through this proxy.",
  },
  InternalServerError: {
    status: 500,
    message: 'The server met an error that it did not expect. Its log holds the details under request {requestId}.',
  },
  DirectNotFound: { status: 404, code: 'NotFound', message: "There is nothing at '{path}'." },
  DirectMethodNotAllowed: { status: 405, code: 'MethodNotAllowed', message: "'{path}' does not take {method}." },
  MetadataVersionMissing: {
    status: 400,
    code: 'MissingApiVersionParameter',
    message: 'The api-version query parameter (?api-version=) is required for all requests.',
  },
  MetadataVersionInvalid: {
    status: 400,
    code: 'InvalidApiVersionParameter',
    message: "The api-version '{version}' is invalid. The supported versions are '2022-09-01,2019-05-01'.",
  },
  DocumentNotHere: { status: 400, code: 'InvalidContentLink', message: '{reason}' },
  OwnerOnly: {
    status: 403,
    code: 'Forbidden',
    message:
      'Only the owner of this install may do this: send the token in its data directory, or the bootstrap application.',
  },
  UnknownPrincipal: {
    status: 404,
    code: 'PrincipalNotFound',
    message: "'{principal}' names {count} principals: an object id, a client id or a name that only one has is needed.",
  },
  BadPrincipalName: {
    status: 400,
    code: 'InvalidPrincipalName',
    message: "'{name}' is no name for a principal: 1 to 120 letters, digits, spaces and ._- are.",
  },
} as const satisfies Record<string, FaultEntry>
