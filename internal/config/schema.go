package config

import (
	"encoding/json"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// Schema is the JSON Schema of the file, in draft 7, which editors' TOML support
// reads (taplo, Even Better TOML). It comes from the table of keys, and says no
// to what the decoder says no to, as far as types and fixed values go.
func Schema() ([]byte, error) {
	definitions := object{}
	inDefaults, inContainers := object{}, object{}
	for _, k := range keys {
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
			if k.Scope != ContainersOnly {
				inDefaults[name] = ref
			}
		}
	}
	exclusive := object{"required": []string{"image", "build"}}
	definitions["table-defaults"] = object{
		"description":          "what all containers share",
		"type":                 "object",
		"properties":           inDefaults,
		"additionalProperties": false,
		"not":                  exclusive,
	}
	definitions["table-container"] = object{
		"description":          "one container",
		"type":                 "object",
		"properties":           inContainers,
		"additionalProperties": false,
		"not":                  exclusive,
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
			"trust": object{"description": "off: ask about no project's file; in ~/" + userName + " only", "enum": []string{"off"}},
		},
		"additionalProperties": false,
		"definitions":          definitions,
	}, "", "  ")
}

func keySchema(k Key) object {
	s := valueSchema(k)
	s["description"] = k.Doc
	switch {
	case k.Default != "" && k.Kind == KindBool:
		s["default"] = k.Default == "true"
	case k.Default != "":
		s["default"] = k.Default
	case k.Unset != "":
		s["description"] = k.Doc + "; not set: " + k.Unset
	}
	if k.Kind == KindIgnored {
		s["deprecated"] = true
	}
	return s
}

func valueSchema(k Key) object {
	text := object{"type": "string"}
	list := func(item object) object { return object{"type": "array", "items": item} }
	switch k.Kind {
	case KindString:
		if len(k.Values) > 0 {
			return oneOfOrTemplate(k.Values)
		}
		return text
	case KindBool:
		return object{"type": "boolean"}
	case KindBoolOrAuto:
		return object{"anyOf": []object{{"type": "boolean"}, oneOfOrTemplate(k.Values)}}
	case KindList:
		return list(text)
	case KindGroups:
		return list(object{"anyOf": []object{text, {"type": "integer", "minimum": 0, "maximum": 1<<32 - 2}}})
	case KindCommand:
		array := list(text)
		array["minItems"] = 1
		return object{"anyOf": []object{{"type": "string", "minLength": 1}, array}}
	case KindTable:
		return object{"type": "object", "additionalProperties": text}
	case KindUlimits:
		limit := object{"anyOf": []object{{"type": "integer", "minimum": -1}, {"type": "string", "pattern": `^(unlimited|-1|[0-9]+)$|\$\{`}}}
		value := object{"anyOf": []object{
			{"type": "integer", "minimum": -1},
			{"type": "string", "pattern": `^(unlimited|-1|[0-9]+)(:(unlimited|-1|[0-9]+))?$|\$\{`},
			{"type": "object", "properties": object{"soft": limit, "hard": limit}, "required": []string{"soft", "hard"}, "additionalProperties": false},
		}}
		properties := object{}
		for _, name := range ulimitNames {
			properties[name] = value
		}
		return object{"type": "object", "properties": properties, "additionalProperties": false}
	case KindKeys:
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

// oneOfOrTemplate takes one of values, or a text whose value only a run knows.
func oneOfOrTemplate(values []string) object {
	return object{"anyOf": []object{{"enum": values}, {"type": "string", "pattern": `\$\{`}}}
}

// Reference is the keys of the file as a page of Markdown: a table, then an
// example of each.
func Reference() string {
	var b strings.Builder
	b.WriteString("| key | default | meaning |\n|---|---|---|\n")
	referenceRows(&b, "", keys)
	b.WriteString("\n```toml\n[containers.every-key]\n")
	referenceExamples(&b, "", keys)
	b.WriteString("```\n")
	return b.String()
}

func referenceRows(b *strings.Builder, prefix string, keys []Key) {
	for _, k := range keys {
		value := k.Unset
		switch {
		case k.Kind == KindBool || k.Kind == KindBoolOrAuto && k.Default != "auto":
			value = "`" + k.Default + "`"
		case k.Default != "":
			value = "`" + quote(k.Default) + "`"
		}
		doc := k.Doc
		if len(k.Old) > 0 {
			doc += "; older: `" + strings.Join(k.Old, "`, `") + "`"
		}
		if len(k.Values) > 0 {
			doc += "; " + strings.ReplaceAll(k.oneOf(), `"`, "`")
		}
		if k.Scope == ContainersOnly {
			doc += "; not in `[defaults]`"
		}
		cell := strings.NewReplacer("|", `\|`)
		b.WriteString("| `" + prefix + k.Name + "` | " + cell.Replace(value) + " | " + cell.Replace(doc) + " |\n")
		referenceRows(b, prefix+k.Name+".", k.Keys)
	}
}

func referenceExamples(b *strings.Builder, prefix string, keys []Key) {
	for _, k := range keys {
		if k.Like != "" && k.Kind != KindKeys {
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
