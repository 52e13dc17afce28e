import type { LoginAnswer } from './login-request.ts'
import { page } from './page.ts'

/** Nobody stays signed in on these pages, so that there is nothing to end but what programs hold themselves. */
export const signedOut = (): LoginAnswer => ({
  html: page({ title: 'Signed out', main: '<p>You are not signed in here. You may close this window.</p>' }),
})
