import { keepCompiledCode } from '../compiled-code.ts';

keepCompiledCode();
await import('./batch-worker.ts');
