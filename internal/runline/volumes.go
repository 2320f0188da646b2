package runline

import "strings"

// volume is a mount. That of the place where the line is called is the project's.
func (b *builder) volume(value string) {
	host, rest, ok := cutColon(value)
	if !ok || host == "" {
		b.leave("--volume="+value, "a volume without a name is gone with the container; name it, as in cache:"+strings.TrimPrefix(value, ":"))
		return
	}
	host = b.project(host)
	switch {
	case host == "." && b.target == "" && !b.beside:
		b.target = rest
	case host == ".":
		b.lists["volumes"] = append(b.lists["volumes"], "./:"+rest)
	default:
		b.lists["volumes"] = append(b.lists["volumes"], host+":"+rest)
	}
}

// projectMount is a --mount of the project, which nothing else is said of, as a volume.
func (b *builder) projectMount(value string) (volume string, ok bool) {
	var kind, source, target, option string
	for field := range strings.SplitSeq(value, ",") {
		switch name, value, _ := strings.Cut(field, "="); {
		case name == "type":
			kind = value
		case name == "source" || name == "src":
			source = value
		case name == "target" || name == "destination" || name == "dst":
			target = value
		case field == "readonly" || field == "ro":
			option = ":ro"
		default:
			return "", false
		}
	}
	ok = kind == "bind" && b.project(source) == "." && target != "" && !strings.Contains(target, ":")
	return source + ":" + target + option, ok
}

// cutColon cuts at the first colon outside of templates.
func cutColon(s string) (before, after string, ok bool) {
	depth := 0
	for i, r := range s {
		switch {
		case r == '{' && i > 0 && s[i-1] == '$':
			depth++
		case r == '}' && depth > 0:
			depth--
		case r == ':' && depth == 0:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// project writes a path as seen from the project.
func (b *builder) project(host string) string {
	for _, here := range []string{"${project_dir}", b.cwd} {
		if rest, ok := strings.CutPrefix(host, here); here != "" && ok && (rest == "" || rest[0] == '/') {
			if rest = strings.Trim(rest, "/"); rest == "" {
				return "."
			}
			return "./" + rest
		}
	}
	if rest, ok := strings.CutPrefix(host, "${HOME}/"); ok {
		return "~/" + rest
	}
	if host == "./" {
		return "."
	}
	return host
}
