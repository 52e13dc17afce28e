import type { JsonObject } from '../../json.ts'
import type { LoginAnswer, LoginDeps, LoginRequest } from './login-request.ts'
import { escaped, field, hidden, originOf, page } from './page.ts'
import { sealRequest } from './sealed-request.ts'

interface SignInPage {
  /** What the sign-in is for; goes along signed. */
  readonly asked: JsonObject
  readonly clientName: string
  readonly name: string
  readonly problem?: string
  /** Whether a new password has to be chosen. */
  readonly change?: boolean
}

/** The page where people sign in. */
export async function signInPage(deps: LoginDeps, request: LoginRequest, shown: SignInPage): Promise<LoginAnswer> {
  const { asked, clientName, name, problem, change = false } = shown
  const sealed = await sealRequest(deps, 'sign-in', asked)
  const wrong = problem !== undefined
  const fields = [
    field({
      name: 'login',
      label: 'Name',
      autocomplete: 'username',
      value: name,
      focus: name === '',
      hint: 'For example ada@contoso.com',
      wrong,
    }),
    field({
      name: 'passwd',
      label: 'Password',
      type: 'password',
      autocomplete: 'current-password',
      focus: name !== '',
      wrong,
    }),
    change &&
      field({
        name: 'newpasswd',
        label: 'New password',
        type: 'password',
        autocomplete: 'new-password',
        hint: 'At least 8 characters, with three of lower case, upper case, digits and symbols',
      }),
  ].filter((one) => one !== false)
  const outside = deps.outside
    ? `<p><a class="button" href="/${escaped(request.tenant)}/login/outside?request=${encodeURIComponent(sealed)}">Sign in with ${escaped(deps.outside.name)}</a></p>`
    : ''
  const main = `<p>to go on to <strong>${escaped(clientName)}</strong></p>
<form method="post" action="/${escaped(request.tenant)}/login">
${hidden('request', sealed)}
${fields.join('\n')}
<button>Sign in</button>
</form>
${outside}`
  return {
    html: page({ title: change ? 'Choose a new password' : 'Sign in', main, ...(wrong && { problem }) }),
    ...(wrong && { status: 401 }),
    // Browsers hold the way that a form's answer leads to to the same rule.
    formsTo: asked.kind === 'code' ? [originOf(String(asked.redirectUri))] : [],
  }
}

/** The page for codes that a program on another device shows. */
export function deviceCodePage(_: LoginDeps, request: LoginRequest, problem?: string): LoginAnswer {
  const wrong = problem !== undefined
  const value = request.query.get('otc') ?? request.query.get('user_code') ?? ''
  const code = field({
    name: 'otc',
    label: 'Code',
    autocomplete: 'one-time-code',
    value,
    focus: true,
    hint: 'The program or device that you want to use shows it',
    wrong,
  })
  const main = `<form method="post" action="/${escaped(request.tenant)}/oauth2/deviceauth">
${code}
<button>Next</button>
</form>`
  return { html: page({ title: 'Enter the code', main, ...(wrong && { problem }) }), ...(wrong && { status: 400 }) }
}
