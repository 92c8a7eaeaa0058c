import { ConfigSyntaxError, parseConfigFile } from './parse-config-file';

describe('parseConfigFile', () => {
  const faultOf = (content: string, path = 'frps', env = {}): string => {
    try {
      parseConfigFile(content, path, env);
    } catch (error) {
      if (error instanceof ConfigSyntaxError) return error.message;
      throw error;
    }
    throw new Error('the file was accepted');
  };

  it('reads the syntax that is there, whatever the file is called, as frp does', () => {
    const tree = { bindPort: 7000, auth: { token: 'x' } };
    expect(parseConfigFile('bindPort = 7000\nauth.token = "x"', 'frps.yaml', {})).toEqual(tree);
    expect(parseConfigFile('bindPort: 7000\nauth: {token: x}', 'frps.json', {})).toEqual(tree);
    expect(parseConfigFile('  {"bindPort": 7000, "auth": {"token": "x"}}', 'frps.yaml', {})).toEqual(tree);
    expect(parseConfigFile('\uFEFFbindPort = 7000\r\nauth.token = "x"\r\n', 'frps.toml', {})).toEqual(tree);
  });

  it.each(['', '# nothing\n', '{}'])('finds no settings in %j, which is fine', (content) => {
    expect(parseConfigFile(content, 'frps', {})).toEqual({});
  });

  it('reads YAML 1.1 with merged anchors, and passes over the tables that hold them', () => {
    const content = '.base: &base {force: yes}\ntransport:\n  tls:\n    <<: *base\n    certFile: c\n';
    expect(parseConfigFile(content, 'frps.yaml', {})).toEqual({ transport: { tls: { force: true, certFile: 'c' } } });
  });

  it.each(['[common]\nbind_port = 7000\n', '# old\n [ common ] ; main\ntoken = x'])(
    'refuses the old INI format: %j',
    (content) => {
      expect(faultOf(content, 'frps.ini')).toMatch(/old INI format, which is not read: write it as TOML/);
    },
  );

  it.each([
    ['bindPort = \nx = 1', 'frps.toml', 'is not TOML: line 1, column 12: invalid value'],
    ['a: [1\nb: 2', 'frps.yaml', /^is not YAML: line 2, column 1: /],
    ['{"a": 1,\n "b" 2}', 'frps.json', 'is not JSON: line 2, column 6'],
    ['{"a": 1,\n "b": }', 'frps.json', 'is not JSON, although it begins with a brace'],
    ['a: *nowhere', 'frps.yaml', /anchor/],
    ['just words', 'frps', /holds no settings/],
    ['[1, 2', 'frps', /^is not YAML/],
  ])('says where %j of %s is faulty', (content, path, fault) => {
    const found = faultOf(content, path);
    if (fault instanceof RegExp) expect(found).toMatch(fault);
    else expect(found).toBe(fault);
  });

  it.each([
    ['auth.token = "hunter2', 'frps.toml'],
    ['auth: {token: hunter2', 'frps.yaml'],
    ['auth: {token: *hunter2}', 'frps.yaml'],
    ['{"auth": {"token": "hunter2"}', 'frps.json'],
    ['{"auth": hunter2}', 'frps.json'],
    ['auth.token = {{ "hunter2" }}', 'frps.toml'],
  ])('never quotes the file: %s', (content, path) => {
    expect(faultOf(content, path)).not.toContain('hunter2');
  });

  it('names the variables that are not set where the file is faulty with them', () => {
    expect(faultOf('bindPort = {{ .Envs.PORT }}', 'frps.toml')).toMatch(
      /uses PORT of the environment, which is not set$/,
    );
  });

  it('stands a thousandfold alias without growing', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((name, index) => {
        const before = String.fromCharCode(97 + index);
        return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`;
      }),
    ].join('\n');
    expect(faultOf(bomb, 'frps.yaml')).toMatch(/too often/);
  });
});
