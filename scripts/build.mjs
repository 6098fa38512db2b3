/** `npm run build`: brings the packages and the built web app up to date. */
import { installPackages } from './packages.mjs';
import { buildWebApp } from './web-build.mjs';

installPackages();
buildWebApp();
