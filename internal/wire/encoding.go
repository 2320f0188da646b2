package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// EnvName carries the number of parts, and with "_1", "_2", … appended the
	// parts themselves.
	EnvName = "CTENV_REQUEST"

	// MaxEnvString is the longest "NAME=value" that execve(2) takes, in bytes:
	// MAX_ARG_STRLEN less the terminating NUL.
	MaxEnvString = 128<<10 - 1
	// MaxArgs is what arguments and environment may take together, in bytes: the
	// kernel gives them a quarter of the stack limit (execve(2)), 2 MiB of the usual
	// 8; the rest is left for the image's own variables.
	MaxArgs = 2<<20 - 192<<10

	// maxSize caps the document, in bytes. All arguments and variables together
	// get about 2 MiB from the kernel with the default stack limit.
	maxSize = 1 << 20
	// partSize is the length of one part, in bytes, with room for its name.
	partSize = 120 << 10
	maxParts = (maxSize + partSize - 1) / partSize
)

// Encode checks r and returns it as environment strings, "NAME=value".
func Encode(r Request) ([]string, error) {
	r.Version = Version
	if err := r.Validate(); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, err
	}
	doc := strings.TrimSuffix(buf.String(), "\n")
	if len(doc) > maxSize {
		return nil, fmt.Errorf("the request to the container takes %d bytes; the limit is %d", len(doc), maxSize)
	}
	var parts []string
	for len(doc) > partSize {
		cut := partSize
		// A part is one environment string of the engine's JSON API, so it has to
		// be valid UTF-8 by itself.
		for !utf8.RuneStart(doc[cut]) {
			cut--
		}
		parts = append(parts, doc[:cut])
		doc = doc[cut:]
	}
	parts = append(parts, doc)

	env := []string{EnvName + "=" + strconv.Itoa(len(parts))}
	for i, part := range parts {
		env = append(env, partName(i+1)+"="+part)
	}
	return env, nil
}

func partName(n int) string { return EnvName + "_" + strconv.Itoa(n) }

// ErrNoRequest says that the environment holds no request.
var ErrNoRequest = errors.New("no request in the environment")

// Decode reads the request from environ and returns it with the environment
// that is left without it. A duplicate or missing part, an unknown field and
// another version are errors. A surplus part is the image's, whose ENV the engine
// adds below ours: it is dropped, or one line of a Dockerfile could stop every run.
func Decode(environ []string) (Request, []string, error) {
	var rest []string
	found := map[string]string{}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if name != EnvName && !strings.HasPrefix(name, EnvName+"_") {
			rest = append(rest, kv)
			continue
		}
		if _, dup := found[name]; dup {
			return Request{}, nil, fmt.Errorf("%s is there twice", name)
		}
		found[name] = value
	}
	count, ok := found[EnvName]
	if !ok || count == "" { // "" where there is none, and the image's ENV has one
		return Request{}, nil, ErrNoRequest
	}
	n, err := strconv.Atoi(count)
	if err != nil || strconv.Itoa(n) != count || n < 1 || n > maxParts {
		return Request{}, nil, fmt.Errorf("%s=%q is not a number of parts from 1 to %d", EnvName, count, maxParts)
	}
	var doc strings.Builder
	for i := 1; i <= n; i++ {
		part, ok := found[partName(i)]
		if !ok {
			return Request{}, nil, fmt.Errorf("%s is missing", partName(i))
		}
		doc.WriteString(part)
	}
	r, err := parse(doc.String())
	if err != nil {
		return Request{}, nil, fmt.Errorf("request: %w", err)
	}
	return r, rest, nil
}

func parse(doc string) (Request, error) {
	if len(doc) > maxSize {
		return Request{}, fmt.Errorf("%d bytes; the limit is %d", len(doc), maxSize)
	}
	var r Request
	if err := Strict([]byte(doc), &r); err != nil {
		// Another version may have other fields: then that is what is wrong. Looking
		// at the version first would read every document twice.
		var head struct {
			Version int `json:"version"`
		}
		if json.Unmarshal([]byte(doc), &head) != nil || head.Version == Version {
			return Request{}, err
		}
		r.Version = head.Version
	}
	if r.Version != Version {
		return Request{}, fmt.Errorf("version %d, this ctenv-init reads %d", r.Version, Version)
	}
	return r, r.Validate()
}

// Strict decodes a document that is one value of v's type, and nothing else.
func Strict(doc []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("something follows the document")
	}
	return nil
}
