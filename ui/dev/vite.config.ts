// Serves the UI against an invented bank, to look at it in an ordinary browser. Never part of the shipped bundle.
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: resolve(import.meta.dirname),
  plugins: [react()],
  clearScreen: false,
  server: { port: 1421, strictPort: true, fs: { allow: [resolve(import.meta.dirname, '../..')] } },
  build: { outDir: resolve(import.meta.dirname, '../../target/ui-mock'), emptyOutDir: true, target: 'es2022' },
});
