package conn

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/client"
)

// rawAPI asks an engine for what the client has no method for.
type rawAPI struct {
	transport *http.Transport
	base      url.URL
	headers   map[string]string
}

func newRawAPI(host string, transport *http.Transport, headers map[string]string) (rawAPI, error) {
	address, err := client.ParseHostURL(host)
	if err != nil {
		return rawAPI{}, err
	}
	base := url.URL{Scheme: "http", Host: address.Host, Path: address.Path}
	if address.Scheme == "unix" {
		base.Host, base.Path = client.DummyHost, ""
	}
	if transport.TLSClientConfig != nil {
		base.Scheme = "https"
	}
	return rawAPI{transport, base, headers}, nil
}

// Call makes a request and returns the answer and the start of its body.
func (r rawAPI) Call(ctx context.Context, method, path string) (*http.Response, []byte, error) {
	target := r.base
	path, target.RawQuery, _ = strings.Cut(path, "?")
	target.Path += path
	request, err := http.NewRequestWithContext(ctx, method, target.String(), nil)
	if err != nil {
		return nil, nil, err
	}
	for name, value := range r.headers {
		request.Header.Set(name, value)
	}
	response, err := r.transport.RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response, body, err
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 64 << 10

// ping asks for the version of the API, and whether the engine is podman. The
// client's own ping does not show the header that tells.
func (r rawAPI) ping(ctx context.Context) (version types.Ping, podman bool, err error) {
	// HEAD is unknown to old engines.
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		answer, body, callErr := r.Call(ctx, method, "/_ping")
		if callErr != nil {
			return version, false, callErr
		}
		if answer.StatusCode == http.StatusOK {
			version = types.Ping{APIVersion: answer.Header.Get("Api-Version"), OSType: answer.Header.Get("Ostype")}
			return version, answer.Header.Get("Libpod-Api-Version") != "", nil
		}
		err = fmt.Errorf("the answer to a ping is %s: %.200s", answer.Status, body)
	}
	return version, false, err
}
