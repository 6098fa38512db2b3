import { files } from '../files/index.ts';

export const images = { ...files, name: 'images' };
