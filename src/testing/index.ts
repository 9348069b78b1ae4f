/** Public names of `skein/testing`: a mesh in memory under virtual time, for the tests of programs that use skein. */
export { createTestMesh, type TestMesh, type TestMeshOptions, type TestNodeOptions } from './test-mesh.ts';
