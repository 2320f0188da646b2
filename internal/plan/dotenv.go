package plan

import (
	"bytes"
	"errors"
	"strings"

	"github.com/joho/godotenv"
)

// firstStandIn is the first of the 128 characters that stand for the bytes from
// 0x80 on, one for each, while a file is parsed. They are of Unicode's Private Use
// Area: neither letters nor spaces.
const firstStandIn = 0xE000

// noByte stands for no byte at all.
const noByte = firstStandIn + 0x80

var errNoDotenv = errors.New("it is no dotenv file: lines are NAME=value, and every quote is closed")

// parseDotenv reads a dotenv file. The values are byte for byte those of the file:
// the parser takes its input for UTF-8 text and would change what is none. What it
// says of a mistake quotes the file, secrets included, so that is not passed on.
func parseDotenv(data []byte) (map[string]string, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // the byte order mark of some editors
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, errors.New("it holds a NUL byte, which no variable can")
	}
	var text strings.Builder
	for _, c := range data {
		if c < 0x80 {
			text.WriteByte(c)
		} else {
			text.WriteRune(firstStandIn + rune(c-0x80))
		}
	}
	// The parser trims every quote from the end of a value, an escaped one too.
	apart := strings.NewReplacer(`\""`, `\"`+string(rune(noByte))+`"`, `''`, `'`+string(rune(noByte))+`'`)
	values, err := godotenv.Unmarshal(apart.Replace(text.String()))
	if err != nil {
		return nil, errNoDotenv
	}
	for name, value := range values {
		if name == "" {
			return nil, errNoDotenv
		}
		values[name] = asBytes(value)
	}
	return values, nil
}

// asBytes puts bytes for their stand-ins.
func asBytes(s string) string {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r == noByte:
		case r >= firstStandIn:
			out = append(out, byte(r-firstStandIn+0x80))
		default:
			out = append(out, byte(r))
		}
	}
	return string(out)
}
