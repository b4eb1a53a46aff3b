import helmet from 'helmet';

/**
 * The security headers of answers that are no pages: nothing in them is run, shown in a frame or taken for another type. No HSTS,
 * which is the proxy's to say.
 * @param readableBy `cross-origin` for what pages of others may load
 */
export const dataHeaders = (readableBy: 'same-origin' | 'cross-origin' = 'same-origin'): ReturnType<typeof helmet> =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    crossOriginResourcePolicy: { policy: readableBy },
    hsts: false,
  });
