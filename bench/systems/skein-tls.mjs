// skein with a mesh key: the same program, every link encrypted.
export * from './skein.mjs';
