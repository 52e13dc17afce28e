/** The names under which the own origin may be asked: a Host header outside of these gets 421. */
export function ownHosts(further: readonly string[]) {
  const names = new Set(['localhost', '127.0.0.1', '[::1]', ...further.map((name) => name.toLowerCase())])
  let port = 0
  return {
    listensOn: (bound: number): void => {
      port = bound
    },
    /** `host[:port]`, lower case. Port-forwarded names may carry another port, so only the name is compared. */
    has: (host: string): boolean => names.has(host.replace(/:\d+$/, '')),
    /** Whether a proxy request's host is this very server, and no other one of this machine. */
    isThisServer: (host: string): boolean => names.has(host.replace(/:\d+$/, '')) && host.endsWith(`:${port}`),
    name: (): string => [...names].map((name) => `${name}:${port}`).join(', '),
  }
}
