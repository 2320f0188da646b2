// Package configdoc writes what is made from the table of keys of package config: the JSON
// Schema, the reference, and an example.
package configdoc

import (
	"encoding/json"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/tomltext"
)

// object is a JSON object.
type object = map[string]any

// Schema is the JSON Schema of the file, in draft 7, which editors' TOML support
// reads (taplo, Even Better TOML). It comes from the table of keys, and says no
// to what the decoder says no to, as far as types and fixed values go.
func Schema() ([]byte, error) {
	definitions := object{}
	inDefaults, inContainers := object{}, object{}
	for _, k := range config.Keys() {
		definitions[k.Name] = keySchema(k)
		names := append([]string{k.Name}, k.Old...)
		for i, name := range names {
			ref := object{"$ref": "#/definitions/" + k.Name}
			if i > 0 {
				ref = keySchema(k)
				ref["description"] = "older name of " + k.Name
				ref["deprecated"] = true
			}
			inContainers[name] = ref
			if !k.ContainersOnly {
				inDefaults[name] = ref
			}
		}
	}
	limits := object{}
	for _, k := range config.LimitKeys() {
		limits[k.Name] = keySchema(k)
	}
	for name, table := range map[string]object{
		"table-defaults":  closed("what all containers share", inDefaults),
		"table-container": closed("one container", inContainers),
	} {
		table["not"] = object{"required": []string{"image", "build"}}
		definitions[name] = table
	}
	return json.MarshalIndent(object{
		"$schema":     "http://json-schema.org/draft-07/schema#",
		"title":       ".ctenv.toml",
		"description": "containers that ctenv runs commands in",
		"type":        "object",
		"properties": object{
			"defaults": object{"$ref": "#/definitions/table-defaults"},
			"containers": object{
				"description":          "the containers, by name",
				"type":                 "object",
				"propertyNames":        object{"minLength": 1},
				"additionalProperties": object{"$ref": "#/definitions/table-container"},
			},
			"trust": object{
				"description": "off: ask about no project's file; directories: about none of a project in them; in ~/" + config.UserName + " only",
				"anyOf":       []object{{"enum": []string{"off"}}, {"type": "array", "items": object{"type": "string"}}},
			},
			"limits": closed("what no project's file can undo; in ~/"+config.UserName+" only", limits),
			"safe_directories": object{"description": "directories whose files are believed, whoever may write there; in ~/" + config.UserName + " only",
				"type": "array", "items": object{"type": "string"}},
		},
		"additionalProperties": false,
		"definitions":          definitions,
	}, "", "  ")
}

// closed is a table that has these keys alone.
func closed(description string, properties object) object {
	return object{"description": description, "type": "object", "properties": properties, "additionalProperties": false}
}

func keySchema(k config.Key) object {
	s := valueSchema(k)
	s["description"] = k.Doc
	switch {
	case k.Default != "" && k.Kind == config.KindBool:
		s["default"] = k.Default == "true"
	case k.Default != "":
		s["default"] = k.Default
	case k.Unset != "":
		s["description"] = k.Doc + "; not set: " + k.Unset
	}
	if k.Kind == config.KindIgnored {
		s["deprecated"] = true
	}
	return s
}

func valueSchema(k config.Key) object {
	text := object{"type": "string"}
	scalar := object{"type": []string{"string", "number", "boolean"}}
	list := func(item object) object { return object{"type": "array", "items": item} }
	switch k.Kind {
	case config.KindString:
		if len(k.Values) > 0 {
			return oneOfOrTemplate(k.Values)
		}
		return text
	case config.KindBool:
		return object{"type": "boolean"}
	case config.KindBoolOrAuto:
		return object{"anyOf": []object{{"type": "boolean"}, oneOfOrTemplate(k.Values)}}
	case config.KindList:
		if len(k.Values) > 0 {
			return list(oneOfOrTemplate(k.Values))
		}
		return list(text)
	case config.KindNames:
		if k.Name == "unset" {
			text = object{"enum": unsettable("", config.Keys())}
		}
		return object{"anyOf": []object{text, list(text)}}
	case config.KindEnv:
		return object{"anyOf": []object{list(text), {"type": "object", "additionalProperties": scalar}}}
	case config.KindGroups:
		return list(object{"anyOf": []object{text, {"type": "integer", "minimum": 0, "maximum": 1<<32 - 2}}})
	case config.KindCommand:
		array := list(text)
		array["minItems"] = 1
		return object{"anyOf": []object{{"type": "string", "minLength": 1}, array}}
	case config.KindPackages:
		properties := object{}
		for _, name := range config.PackageManagers {
			properties[name] = list(text)
		}
		return object{"anyOf": []object{list(text), {"type": "object", "properties": properties, "additionalProperties": false}}}
	case config.KindTable:
		return object{"type": "object", "additionalProperties": scalar}
	case config.KindUlimits:
		limit := object{"anyOf": []object{{"type": "integer", "minimum": -1}, {"type": "string", "pattern": `^(unlimited|-1|[0-9]+)$|\$\{`}}}
		value := object{"anyOf": []object{
			{"type": "integer", "minimum": -1},
			{"type": "string", "pattern": `^(unlimited|-1|[0-9]+)(:(unlimited|-1|[0-9]+))?$|\$\{`},
			{"type": "object", "properties": object{"soft": limit, "hard": limit}, "required": []string{"soft", "hard"}, "additionalProperties": false},
		}}
		properties := object{}
		for _, name := range config.UlimitNames {
			properties[name] = value
		}
		return object{"type": "object", "properties": properties, "additionalProperties": false}
	case config.KindKeys:
		properties := object{}
		for _, sub := range k.Keys {
			for _, name := range append([]string{sub.Name}, sub.Old...) {
				properties[name] = keySchema(sub)
			}
		}
		return object{"type": "object", "properties": properties, "additionalProperties": false,
			"not": object{"required": []string{"dockerfile", "dockerfile_content"}}}
	}
	return object{}
}

// unsettable are the names that unset takes.
func unsettable(prefix string, keys []config.Key) []string {
	var names []string
	for _, k := range keys {
		if k.Kind != config.KindIgnored {
			names = append(names, prefix+k.Name)
		}
		names = append(names, unsettable(prefix+k.Name+".", k.Keys)...)
	}
	return names
}

// oneOfOrTemplate takes one of values, or a text whose value only a run knows.
func oneOfOrTemplate(values []string) object {
	return object{"anyOf": []object{{"enum": values}, {"type": "string", "pattern": `\$\{`}}}
}

// Reference is the keys of the file as a page of Markdown: a table, then an
// example of each.
func Reference() string {
	var b strings.Builder
	b.WriteString("| key | default | meaning |\n|---|---|---|\n")
	referenceRows(&b, "", config.Keys())
	b.WriteString("\n```toml\n[containers.base]\n\n[containers.every-key]\n")
	referenceExamples(&b, "", config.Keys())
	b.WriteString("```\n\n### Limits\n\n" +
		"`[limits]` in `~/.ctenv.toml` or `/etc/ctenv.toml` is what no project's file can undo. Where both say something, the stricter holds.\n\n" +
		"| key | default | meaning |\n|---|---|---|\n")
	referenceRows(&b, "", config.LimitKeys())
	b.WriteString("\n```toml\n[limits]\n")
	referenceExamples(&b, "", config.LimitKeys())
	b.WriteString("```\n")
	return b.String()
}

func referenceRows(b *strings.Builder, prefix string, keys []config.Key) {
	for _, k := range keys {
		value := k.Unset
		switch {
		case k.Kind == config.KindBool || k.Kind == config.KindBoolOrAuto && k.Default != "auto":
			value = "`" + k.Default + "`"
		case k.Default != "":
			value = "`" + tomltext.Quote(k.Default) + "`"
		}
		doc := k.Doc
		if len(k.Old) > 0 {
			doc += "; older: `" + strings.Join(k.Old, "`, `") + "`"
		}
		if len(k.Values) > 0 {
			doc += "; " + strings.ReplaceAll(k.OneOf(), `"`, "`")
		}
		if k.ContainersOnly {
			doc += "; not in `[defaults]`"
		}
		cell := strings.NewReplacer("|", `\|`)
		b.WriteString("| `" + prefix + k.Name + "` | " + cell.Replace(value) + " | " + cell.Replace(doc) + " |\n")
		referenceRows(b, prefix+k.Name+".", k.Keys)
	}
}

func referenceExamples(b *strings.Builder, prefix string, keys []config.Key) {
	for _, k := range keys {
		if k.Like != "" && k.Kind != config.KindKeys {
			// One of two that exclude each other.
			comment := ""
			if k.Name == "image" || k.Name == "dockerfile" {
				comment = "# "
			}
			b.WriteString(comment + prefix + k.Name + " = " + k.Like + "\n")
		}
		referenceExamples(b, prefix+k.Name+".", k.Keys)
	}
}
