// A real authorisation server: node-oidc-provider on loopback. Arguments: port, the resource it gives tokens for, a secret.
import Provider from 'oidc-provider';

const [port, resource, secret, seconds] = process.argv.slice(2);
const server = {
  scope: 'tools',
  audience: resource,
  accessTokenFormat: 'jwt',
  accessTokenTTL: Number(seconds),
  jwt: { sign: { alg: 'HS256', key: Buffer.from(secret) } },
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  cookies: { keys: ['cookie'] },
  scopes: ['openid', 'offline_access', 'tools'],
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
  features: {
    devInteractions: { enabled: true },
    registration: { enabled: true },
    deviceFlow: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => resource,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_, asked) => {
        if (asked !== resource) throw new Error(`unknown resource ${asked}`);
        return server;
      },
    },
  },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listens'));
