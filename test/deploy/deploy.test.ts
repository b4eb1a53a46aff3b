import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type Config, ConfigSchema, readConfig } from '../../src/server/config.ts';
import { GRACE_MS } from '../../src/server/serve-alone.ts';
import { at, listAt } from '../support/json-path.ts';
import { ROOT } from '../support/knowledge.ts';
import { startTestService, type TestService } from '../support/test-service.ts';

const DEPLOY = join(ROOT, 'deploy');
const KUBERNETES = join(DEPLOY, 'kubernetes');
const read = (...path: readonly string[]): string => readFileSync(join(DEPLOY, ...path), 'utf8');
const SETTINGS = new Set(Object.keys(ConfigSchema.shape));

/** Every manifest of the folder, by kind. Mistakes in YAML throw. */
const manifests = new Map<string, unknown>(
  readdirSync(KUBERNETES).flatMap((file) =>
    parseAllDocuments(read('kubernetes', file)).map((doc): [string, unknown] => {
      expect(doc.errors, file).toEqual([]);
      const found: unknown = doc.toJS();
      const name = at(found, 'metadata.name');
      return [`${String(at(found, 'kind'))}${name === undefined ? '' : ` ${String(name)}`}`, found];
    }),
  ),
);
const manifest = (name: string): unknown => manifests.get(name);
const settings = at(manifest('ConfigMap cds-settings'), 'data') as Readonly<Record<string, string>>;
const secrets = at(manifest('Secret cds-secrets'), 'stringData') as Readonly<Record<string, string>>;
const template = (path: string): unknown => at(manifest('Deployment cds'), `spec.template.${path}`);
const container = (path: string): unknown => template(`spec.containers.0.${path}`);
const listOf = (path: string): readonly unknown[] =>
  listAt(manifest('Deployment cds'), `spec.template.spec.containers.0.${path}`);
const dockerfile = read('Dockerfile');
const instructions = (name: string): readonly string[] =>
  [...dockerfile.slice(dockerfile.lastIndexOf('\nFROM ')).matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(
    (m) => m[1] ?? '',
  );
const instruction = (name: string): string => instructions(name)[0] ?? '';
const { MALLOC_ARENA_MAX, NODE_COMPILE_CACHE, ...imageEnv } = Object.fromEntries(
  instructions('ENV')
    .flatMap((line) => line.split(' '))
    .map((pair) => pair.split('=')),
) as Readonly<Record<string, string>>;
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };
const compose: unknown = parse(read('compose.yaml'));

describe('the image', () => {
  it('starts as npm start does', () => {
    const command = (JSON.parse(instruction('CMD')) as readonly string[]).join(' ');
    const own = `MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX} NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE}`;
    expect(`${own} exec ${command}`).toBe(scripts.start);
  });

  it('runs without rights, on the port that it tells, with settings that there are', () => {
    expect(instruction('USER')).toBe('node');
    expect(instruction('EXPOSE')).toBe(imageEnv['PORT']);
    expect(Object.keys(imageEnv).filter((name) => !SETTINGS.has(name))).toEqual([]);
    expect(imageEnv['NODE_ENV']).toBe('production');
  });

  it('is given all folders that it copies', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap((m) => (m[1] ?? '').split(' '));
    expect(copied.length).toBeGreaterThan(4);
    expect(copied.filter((name) => !ignored.includes(`!${name}`))).toEqual([]);
    expect(ignored[1]).toBe('*');
  });
});

it('the image is not built for ever when the service does not start in it', () => {
  const start = dockerfile.indexOf('RUN DECISIONS=off') + 'RUN '.length;
  const script = dockerfile.slice(start, dockerfile.indexOf('\n\n', start));
  const broken = script.replace('node src/start.ts', 'false').replace(/until node -e "[^"]*"/, 'until false');
  expect(broken).not.toContain('node ');
  expect(spawnSync('sh', ['-c', broken], { timeout: 15_000 }).status).toBe(1);
});

it('systemd starts node as npm start does', () => {
  const unit = read('payer-policy-cds.service');
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';
  const command = value('ExecStart').replace(`${value('WorkingDirectory')}/node_modules/.bin/`, '');
  const [production, ...own] = value('Environment').split(' ');
  expect([production, `${own.join(' ')} exec ${command}`]).toEqual(['NODE_ENV=production', scripts.start]);
  expect(Number(value('TimeoutStopSec'))).toBeGreaterThan(GRACE_MS / 1000);
});

describe('compose', () => {
  const service = (path: string): unknown => at(compose, `services.service.${path}`);

  it('gives settings that there are, and that are valid together', () => {
    const given = service('environment') as Readonly<Record<string, string>>;
    expect(Object.keys(given).filter((name) => !SETTINGS.has(name))).toEqual([]);
    const filled = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name,
        value
          .replace(/\$\{PUBLIC_URL[^}]*\}/, 'https://cds.example.org')
          .replace(/\$\{[^}]*\}/, secrets[name] ?? 'password'),
      ]),
    );
    expect(readConfig({ ...imageEnv, ...filled }).development).toBe(false);
  });

  it('asks for every value that example.env names', () => {
    const wanted = new Set([...read('compose.yaml').matchAll(/\$\{(\w+)/g)].map((m) => m[1]));
    const named = new Set([...read('example.env').matchAll(/^(\w+)=/gm)].map((m) => m[1]));
    expect(named).toEqual(wanted);
  });

  it('keeps the service from writing, from rights, and from other machines', () => {
    expect([service('read_only'), service('cap_drop'), service('security_opt')]).toEqual([
      true,
      ['ALL'],
      ['no-new-privileges:true'],
    ]);
    expect(service('ports')).toEqual([`127.0.0.1:3000:${imageEnv['PORT']}`]);
  });
});

describe('the Kubernetes manifests', () => {
  let running: TestService;
  let config: Config;
  beforeAll(async () => {
    config = readConfig({ ...imageEnv, ...settings, ...secrets });
    running = await startTestService();
  });
  afterAll(() => running.close());

  it('are all named by the kustomization, but for the examples', () => {
    const files = readdirSync(KUBERNETES).filter((f) => f !== 'kustomization.yaml' && !f.includes('.example.'));
    expect([...listAt(manifest('Kustomization'), 'resources')].sort()).toEqual(files.sort());
  });

  it('give settings that there are, and that are valid together', () => {
    expect([...Object.keys(settings), ...Object.keys(secrets)].filter((name) => !SETTINGS.has(name))).toEqual([]);
    expect(config.development).toBe(false);
    const given = listOf('envFrom').map((from) => at(from, 'configMapRef.name') ?? at(from, 'secretRef.name'));
    expect(given).toEqual(['cds-settings', 'cds-secrets']);
  });

  it('keep secrets out of the settings', () => {
    expect(Object.keys(settings).filter((name) => /SECRET|TOKEN|KEYS|DATABASE/.test(name))).toEqual([]);
  });

  it.each(['startupProbe', 'readinessProbe', 'livenessProbe'])(
    '%s asks for a path that answers, on the port',
    async (probe) => {
      expect(container(`${probe}.httpGet.port`)).toBe(container('ports.0.name'));
      const path = String(container(`${probe}.httpGet.path`));
      expect((await fetch(running.base + path)).status).toBe(200);
    },
  );

  it('run the image that is built, in the namespace of the secret and the registry', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const image = `payer-policy-cds:${version}`;
    expect(container('image')).toBe(image);
    expect(dockerfile.split('\n')[0]).toContain(`-t ${image} .`);
    expect(readFileSync(join(ROOT, 'docs/operate.md'), 'utf8')).toContain(`-t ${image} .`);
    const namespace = at(manifest('Kustomization'), 'namespace');
    expect(manifests.has(`Namespace ${String(namespace)}`)).toBe(true);
    for (const name of ['Secret cds-secrets', 'ConfigMap cds-ehrs', 'Ingress cds'])
      expect(at(manifest(name), 'metadata.namespace')).toBe(namespace);
  });

  it('let clients reach what the proxy of docs/operate.md does, and nothing that has to stay inside', () => {
    const doc = readFileSync(join(ROOT, 'docs/operate.md'), 'utf8');
    const outside = /location ~ \^\/\(([^)]*)\)/
      .exec(doc)?.[1]
      ?.split('|')
      .map((path) => `/${path}`);
    const paths = listAt(manifest('Ingress cds'), 'spec.rules.0.http.paths');
    expect(paths.map((p) => at(p, 'path'))).toEqual(outside);
    expect(
      new Set(paths.map((p) => [at(p, 'backend.service.name'), at(p, 'backend.service.port.name')].join())),
    ).toEqual(new Set(['cds,http']));
    expect(at(manifest('Service cds'), 'spec.ports.0.name')).toBe('http');
    expect(`https://${String(at(manifest('Ingress cds'), 'spec.rules.0.host'))}`).toBe(config.PUBLIC_URL);
  });

  it('agree on the port', () => {
    expect(container('ports.0.containerPort')).toBe(config.PORT);
    expect(at(manifest('Service cds'), 'spec.ports.0.targetPort')).toBe(container('ports.0.name'));
    expect(at(manifest('NetworkPolicy cds'), 'spec.ingress.0.ports.0.port')).toBe(config.PORT);
  });

  it('mean the same pods', () => {
    const labels = template('metadata.labels');
    for (const selector of [
      at(manifest('Deployment cds'), 'spec.selector.matchLabels'),
      at(manifest('Service cds'), 'spec.selector'),
      at(manifest('PodDisruptionBudget cds'), 'spec.selector.matchLabels'),
      at(manifest('NetworkPolicy cds'), 'spec.podSelector.matchLabels'),
    ])
      expect(selector).toEqual(labels);
    expect(at(manifest('HorizontalPodAutoscaler cds'), 'spec.scaleTargetRef.name')).toBe('cds');
  });

  it('give the service as few rights as it needs', () => {
    expect(template('spec.securityContext.runAsNonRoot')).toBe(true);
    expect(container('securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const mounts = listOf('volumeMounts').map((m) => [at(m, 'mountPath'), at(m, 'readOnly')]);
    expect(mounts).toEqual([
      ['/tmp', undefined],
      [`${config.SMART_CONFIG}/ehrs`, true],
    ]);
  });

  it('let a pod end in peace', () => {
    const before = Number(container('lifecycle.preStop.sleep.seconds'));
    expect(template('spec.terminationGracePeriodSeconds')).toBeGreaterThan(before + GRACE_MS / 1000);
  });
});
