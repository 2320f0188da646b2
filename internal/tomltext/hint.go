package tomltext

import (
	"fmt"
	"slices"
	"strings"
)

// Hint guesses from the line of a syntax error what to write, "" where it cannot.
func Hint(line string) string {
	line = strings.TrimSpace(line)
	key, value, assigned := strings.Cut(line, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	switch {
	case strings.HasPrefix(line, "//"):
		return "a comment starts with #"
	case strings.HasPrefix(line, "{"):
		return "this is no JSON: write key = value"
	case !assigned && strings.Contains(line, ":"):
		key, value, _ = strings.Cut(line, ":")
		key, value = strings.Trim(key, ` "-`), strings.Trim(value, ` ",`)
		if value == "" {
			return fmt.Sprintf("a table is written [%s]", key)
		}
		return fmt.Sprintf("write %s = %s", Key(key), Quote(value))
	case assigned && value == "":
		return fmt.Sprintf(`write a value: %s = "…"`, key)
	case assigned && slices.Contains([]string{"true", "false", "yes", "no", "on", "off"}, strings.ToLower(value)):
		return "write " + key + " = " + Bool(value)
	case badEscape(value):
		return `in "…" a backslash starts an escape: write it twice, or use '…'`
	case strings.HasPrefix(value, `'`) || strings.HasPrefix(value, `"`):
		if strings.Count(value, value[:1]) == 1 {
			return "close the string: " + key + " = " + value + value[:1]
		}
	case strings.HasPrefix(value, "[") && strings.Count(value, `"`)%2 == 1 && !strings.ContainsAny(value, `\'`):
		return `close the string on its line: a line end in one is written \n`
	case strings.HasPrefix(value, "[") && !strings.HasSuffix(value, "]"):
		return "close the array with ], and put a comma between its items"
	case strings.HasPrefix(value, "[") && !strings.ContainsAny(value, `"'`):
		return "the items of an array stand in quotes, with commas between them"
	case strings.HasPrefix(value, "{") && (!strings.HasSuffix(value, "}") || strings.HasSuffix(strings.TrimRight(value, " }"), ",")):
		return "an inline table is { key = value, key = value }, on one line, without a comma at its end"
	case assigned && !strings.ContainsAny(value, `"'[]{}`):
		value, _, _ = strings.Cut(value, "#")
		return fmt.Sprintf("put it in quotes: %s = %s", key, Quote(strings.TrimSpace(value)))
	}
	return ""
}

// badEscape says whether a backslash starts no escape of a basic string.
func badEscape(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		i++
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[i]]
		if digits == 0 && !strings.ContainsRune("btnfre\"\\", rune(s[i])) {
			return true
		}
		for ; digits > 0; digits-- {
			if i++; i >= len(s) || !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
				return true
			}
		}
	}
	return false
}
