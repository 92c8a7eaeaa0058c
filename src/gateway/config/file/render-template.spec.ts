import { NOT_SET, TemplateError, renderTemplate } from './render-template';

describe('renderTemplate', () => {
  it.each([
    ['a = "{{ .Envs.X }}"', 'a = "1"'],
    ['a = {{.Envs.X}}{{ .Envs.X }}', 'a = 11'],
    ['a = "{{ index .Envs "X" }}"', 'a = "1"'],
    ['a = [ {{- .Envs.X -}} ]', 'a = [ {{- .Envs.X -}} ]'],
    ['a = [ {{- .Envs.X }} ]', 'a = [ {{- .Envs.X }} ]'],
    ['a = [  {{- /* why */ -}}  1]', 'a = [1]'],
    ['{{/* gone */}}a = 1', 'a = 1'],
    ['{"a": {"b": {}}}', '{"a": {"b": {}}}'],
    ['a = "{{ .Envs.EMPTY }}"', 'a = ""'],
  ])('renders %s', (content, rendered) => {
    // Trim markers take the blanks beside them, as in Go.
    const expected = rendered.replace(/\s*\{\{- \.Envs\.X -\}\}\s*/, '1').replace(/\s*\{\{- \.Envs\.X \}\}/, '1');
    expect(renderTemplate(content, { X: '1', EMPTY: '' })).toEqual({ content: expected, missing: [] });
  });

  it('puts in what Go does for a variable that is not set, and names it once', () => {
    expect(renderTemplate('{{ .Envs.X }}{{ .Envs.X }}', {})).toEqual({ content: NOT_SET + NOT_SET, missing: ['X'] });
  });

  it('does not look for templates in what it put in', () => {
    expect(renderTemplate('{{ .Envs.X }}', { X: '{{ .Envs.Y }}' }).content).toBe('{{ .Envs.Y }}');
  });

  it.each(['{{ range . }}', '{{ .Envs }}', '{{ .Envs.A.B }}', '{{ parseNumberRange "1-2" }}', '{{}}'])(
    'refuses %s and says on which line it is',
    (action) => {
      expect(() => renderTemplate(`\n\n${action}`, {})).toThrow(new TemplateError(3));
    },
  );
});
