/** An answer as a browser would see it before it follows a redirect. */
export interface Seen {
  readonly status: number;
  readonly location: string | undefined;
  readonly headers: Headers;
  readonly text: string;
  readonly setCookies: readonly string[];
}

/** A browser with cookies and without redirects: a test walks through a sign-in step by step. */
export class UserAgent {
  readonly cookies = new Map<string, string>();

  async get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Seen> {
    return this.#request(url, { headers });
  }

  async post(
    url: string,
    form: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Seen> {
    return this.#request(url, { method: 'POST', body: new URLSearchParams(form), headers });
  }

  async #request(url: string, init: RequestInit & { headers: Readonly<Record<string, string>> }): Promise<Seen> {
    const cookie = [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
    const headers = { accept: 'text/html', ...(cookie !== '' && { cookie }), ...init.headers };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    const setCookies = response.headers.getSetCookie();
    for (const set of setCookies) {
      const [pair = ''] = set.split(';');
      const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      if (/max-age=0/i.test(set)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return {
      status: response.status,
      location: response.headers.get('location') ?? undefined,
      headers: response.headers,
      text: await response.text(),
      setCookies,
    };
  }
}

/** The value of a hidden field of a page. */
export const hiddenField = (page: string, name: string): string | undefined =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1];
