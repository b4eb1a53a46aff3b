import { keepCompiledCode } from '../../compiled-code.ts';

keepCompiledCode();
await import('./store-worker.ts');
