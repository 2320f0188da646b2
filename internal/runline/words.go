// Package runline reads a `docker run` line and writes the configuration that does the
// same.
package runline

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"

	"ctenv/internal/hint"
)

// split takes a shell's line apart into words. What the shell would put into them becomes
// ctenv's templates, and what it would not, no template. left is what only a shell does with
// the line, each with the reason why that is lost.
func split(line string) (words, left []string, err error) {
	file, err := syntax.NewParser().Parse(strings.NewReader(line), "")
	if err != nil {
		return nil, nil, hint.Misused("quote the whole line with ' for your shell", "the line is no shell command: %s", strings.TrimPrefix(err.Error(), "1:"))
	}
	if len(file.Stmts) != 1 {
		return nil, nil, hint.Misused("give one docker run line", "%d commands are in the line", len(file.Stmts))
	}
	stmt := file.Stmts[0]
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || len(stmt.Redirs) > 0 || stmt.Background || stmt.Negated {
		return nil, nil, hint.Misused("give the docker run command alone, without pipes, redirections and &", "the line is more than one command")
	}
	for _, a := range call.Assigns {
		if a.Name != nil {
			left = append(left, a.Name.Value+"= before the line: set it where ctenv is called")
		}
	}
	for _, w := range call.Args {
		word, err := text(w.Parts, false)
		if err != nil {
			return nil, nil, err
		}
		words = append(words, word)
		if slices.ContainsFunc(w.Parts, isPattern) {
			left = append(left, word+": no shell makes names of files of it; sh -c '…' has one in the container")
		}
	}
	return words, left, nil
}

// pattern is what a shell makes other words of (POSIX.1, 2.13, and braces). An address in
// brackets is none.
var pattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[^\\]|\\.)*?(?:[*?]|\{[^{}]*(?:,|\.\.)[^{}]*\})`)
})

func isPattern(part syntax.WordPart) bool {
	lit, ok := part.(*syntax.Lit)
	return ok && pattern().MatchString(lit.Value)
}

// text is a word, or what stands between double quotes.
func text(parts []syntax.WordPart, quoted bool) (string, error) {
	var b strings.Builder
	for i, part := range parts {
		var s string
		var err error
		switch p := part.(type) {
		case *syntax.Lit:
			s = literal(unescaped(p.Value, quoted))
			if rest, home := strings.CutPrefix(p.Value, "~"); home && i == 0 && !quoted {
				s = "~" + literal(unescaped(rest, false))
			}
		case *syntax.SglQuoted:
			if p.Dollar {
				return "", hint.Misused("write the text itself", "$'…' in the line")
			}
			s = literal(p.Value)
		case *syntax.DblQuoted:
			s, err = text(p.Parts, true)
		case *syntax.ParamExp:
			s, err = variable(p)
		case *syntax.CmdSubst:
			s, err = output(p)
		default:
			err = hint.Misused("put what it gives there", "the line holds something that only a shell can work out")
		}
		if err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// literal keeps a text from being a template.
func literal(s string) string { return strings.ReplaceAll(s, "${", "$${") }

// unescaped removes backslashes as the shell does (POSIX.1, 2.2).
func unescaped(s string, quoted bool) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (!quoted || strings.IndexByte("$`\"\\\n", s[i+1]) >= 0) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// templates are those of ctenv's that mean what a variable does.
var templates = map[string]string{"PWD": "${project_dir}", "HOME": "${HOME}", "USER": "${USER}", "LOGNAME": "${USER}", "UID": "${uid}", "GID": "${gid}"}

func variable(p *syntax.ParamExp) (string, error) {
	if p.Param == nil {
		return "", errors.New("a variable without a name")
	}
	name := p.Param.Value
	plain := p.Excl || p.Length || p.Width || p.Index != nil || p.Slice != nil || p.Repl != nil || p.Names != 0
	template, own := templates[name]
	switch {
	case plain || !syntax.ValidName(name):
	case p.Exp == nil && own:
		return template, nil
	case p.Exp == nil:
		return "${env." + name + "}", nil
	case p.Exp.Op == syntax.DefaultUnset || p.Exp.Op == syntax.DefaultUnsetOrNull:
		otherwise := ""
		if p.Exp.Word != nil {
			otherwise = p.Exp.Word.Lit()
		}
		if p.Exp.Word == nil || len(p.Exp.Word.Parts) == 1 && otherwise != "" && !strings.ContainsAny(otherwise, `\}|`) {
			return "${env." + name + "|default:" + otherwise + "}", nil
		}
	}
	return "", hint.Misused("put its value there", "$%s stands in the line in a way that only a shell can work out", name)
}

// outputs are commands whose output ctenv knows.
var outputs = map[string]string{
	"pwd": "${project_dir}", "pwd -P": "${project_dir}", "git rev-parse --show-toplevel": "${project_dir}",
	"id -u": "${uid}", "id -g": "${gid}", "id -un": "${USER}", "whoami": "${USER}",
}

func output(p *syntax.CmdSubst) (string, error) {
	var b strings.Builder
	for _, s := range p.Stmts {
		if err := syntax.NewPrinter().Print(&b, s); err != nil {
			return "", err
		}
	}
	command := strings.TrimSpace(b.String())
	if template, ok := outputs[command]; ok {
		return template, nil
	}
	return "", hint.Misused("put its output there", "only a shell knows what $(%s) gives", command)
}
