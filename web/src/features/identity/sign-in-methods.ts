/** Which ways to sign in this server offers. */
import { api } from '../../platform/api.ts';

export const methodsQuery = {
  queryKey: ['sign-in-methods'],
  queryFn: async () => (await api('readSignInMethods', {}, { isPublic: true })).data,
};
