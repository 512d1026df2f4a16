package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheClientsAddressIsTheLastOneNoProxyOfOursHas(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		peer  string
		lines []string
		want  string
	}{
		"no proxy":                            {"192.0.2.7:5", []string{"198.51.100.1"}, "192.0.2.7"},
		"one proxy":                           {"127.0.0.1:5", []string{"198.51.100.1"}, "198.51.100.1"},
		"two proxies":                         {"127.0.0.1:5", []string{"198.51.100.1, 10.1.2.3"}, "198.51.100.1"},
		"made up by the client":               {"127.0.0.1:5", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		"made up in a line above the proxy's": {"127.0.0.1:5", []string{"203.0.113.9", "198.51.100.1"}, "198.51.100.1"},
		"nonsense":                            {"127.0.0.1:5", []string{"x"}, "127.0.0.1"},
		"nothing":                             {"127.0.0.1:5", nil, "127.0.0.1"},
		"IPv4 written as IPv6":                {"[::ffff:127.0.0.1]:5", []string{"2001:db8::1"}, "2001:db8::1"},
	} {
		got := ""
		a := &App{cfg: Config{Proxies: []string{"127.0.0.1", "10.0.0.0/8"}}}
		h := a.behindProxies(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = source(r) }))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = tt.peer, tt.lines
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestProxiesAreCheckedAtTheStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		url     string
		proxies []string
		want    string // part of the fault, "" for none
	}{
		"an address and a network":   {"https://kabinet.example", []string{"127.0.0.1", "10.0.0.0/8"}, ""},
		"a name":                     {"https://kabinet.example", []string{"proxy"}, "is neither an IP address"},
		"https without a proxy":      {"https://kabinet.example", nil, "is missing"},
		"http on one's own computer": {"http://127.0.0.1:8080", nil, ""},
	} {
		got := ""
		c := Config{Serving: true, PublicURL: tt.url, Proxies: tt.proxies}
		c.Check(func(setting, text string) {
			if setting == "proxies" {
				got = text
			}
		})
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
