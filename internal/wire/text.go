package wire

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// Text is a string that may hold any bytes. In JSON it is a string where it is
// valid UTF-8, else {"base64": "…"}: encoding/json would turn the byte E9 into
// EF BF BD.
type Text string

// MarshalJSON implements json.Marshaler.
func (t Text) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return json.Marshal(string(t))
	}
	return json.Marshal(map[string]string{"base64": base64.StdEncoding.EncodeToString([]byte(t))})
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	var enc struct {
		Base64 *string `json:"base64"`
	}
	if err := Strict(b, &enc); err != nil {
		return err
	}
	if enc.Base64 == nil {
		return errors.New("text is neither a string nor base64")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(*enc.Base64)
	if err != nil {
		return err
	}
	*t = Text(raw)
	return nil
}

// Texts converts strings.
func Texts(ss []string) []Text {
	var ts []Text
	for _, s := range ss {
		ts = append(ts, Text(s))
	}
	return ts
}

// Strings is Texts the other way round.
func Strings(ts []Text) []string {
	var out []string
	for _, t := range ts {
		out = append(out, string(t))
	}
	return out
}
