import babel from '@rolldown/plugin-babel';
import optimizeLocales from '@react-aria/optimize-locales-plugin';
import tailwindcss from '@tailwindcss/vite';
import react, { reactCompilerPreset } from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { checkBudget } from './build/budget.ts';

const server = `http://127.0.0.1:${process.env['PORT'] ?? 3000}`;

// oxlint-disable-next-line import/no-default-export -- Vite reads the default export
export default defineConfig({
  plugins: [
    { ...optimizeLocales.vite({ locales: ['en-US'] }), enforce: 'pre' },
    tailwindcss(),
    react(),
    babel({ presets: [reactCompilerPreset()] }),
    checkBudget({ scriptKilobytes: 200, styleKilobytes: 30 }),
  ],
  build: { target: 'es2023', sourcemap: false, chunkSizeWarningLimit: 1200, reportCompressedSize: false },
  server: { proxy: { '/api': { target: server, ws: true }, '/health': server, '/v1': server } },
});
