package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/platform/secret"
	"kabinet/internal/sandbox"
)

// certified writes a certificate for 127.0.0.1 and its key.
func certified(t *testing.T, dir string) (certificate, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secretKey, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(dir, "tls.pem"), filepath.Join(dir, "tls.key")
	pool = x509.NewCertPool()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	pool.AppendCertsFromPEM(text)
	for name, data := range map[string][]byte{certificate: text, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secretKey})} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key, pool
}

// Proves
// ASVS 12.1.1, 12.3.5 (TLS client certificates)
func TestABrowsersCertificateSignsInOverRealTLS(t *testing.T) {
	t.Parallel()
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	partners := httptest.NewServer(box.Handler())
	t.Cleanup(partners.Close)
	dir := t.TempDir()
	if err := writeRoots(filepath.Join(dir, "roots.pem"), box); err != nil {
		t.Fatal(err)
	}
	certificate, key, pool := certified(t, dir)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	portal, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"KABINET_DATA=" + filepath.Join(dir, "data"), "KABINET_MASTER_KEY=" + secret.NewMaster(), "KABINET_REPORTING_LOG_LEVEL=error",
		"KABINET_SMS_URL=" + partners.URL, "KABINET_SMS_TOKEN=" + box.Token(), "KABINET_PUBLIC_URL=http://" + portal.Addr().String(),
		"KABINET_TRUST_ROOTS=" + filepath.Join(dir, "roots.pem"), "KABINET_TRUST_LISTS=" + centreLists(partners.URL),
		"KABINET_TLS_LISTEN=" + ln.Addr().String(), "KABINET_TLS_PUBLIC_URL=https://" + ln.Addr().String(), "KABINET_TLS_CERTIFICATE=" + certificate, "KABINET_TLS_KEY_FILE=" + key}
	cfg, err := configFile{}.load(&console{env: env}, false)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	if _, err := a.samplePeople(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: headerTimeout}
	go func() { _ = server.Serve(portal) }()
	t.Cleanup(func() { server.Close() })
	go func() { _ = a.serveCertificatesOn(t.Context(), ln) }()

	own, private, err := box.Key("1", sandbox.KindECDSA)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(own, private)
	if err != nil {
		t.Fatal(err)
	}
	open := func(with ...tls.Certificate) (string, string) {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		b := &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: with, MinVersion: tls.VersionTLS12}}}
		res, err := b.Get("http://" + portal.Addr().String() + "/login/certificate?next=/settings/signatures")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.Request.URL.Path, strings.ReplaceAll(string(body), "\u00a0", " ")
	}
	if path, body := open(pair); path != "/settings/signatures" || !strings.Contains(body, "Сертификаты электронной подписи") {
		t.Errorf("%s\n%.500s", path, body)
	}
	if path, body := open(); path != "/login/certificate/present" || !strings.Contains(body, "Браузер не показал сертификат") {
		t.Errorf("without a certificate: %s\n%.500s", path, body)
	}
	// That address serves nothing else.
	b := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	for _, path := range []string{"/", "/login", "/metrics"} {
		res, err := b.Get("https://" + ln.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	owner, err := a.accounts.Find(t.Context(), account.Login{Kind: account.Phone, Value: sandbox.People[0].Phone})
	if err != nil {
		t.Fatal(err)
	}
	if history, err := a.accounts.SignIns(t.Context(), owner, "", 2); err != nil || len(history) != 1 || history[0].Method != "signature.method_tls" {
		t.Errorf("%+v, %v", history, err)
	}
}

func TestACertificateInAHeaderIsBelievedFromProxiesOnly(t *testing.T) {
	t.Parallel()
	text := "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n"
	for name, tt := range map[string]struct {
		peer, header string
		want         string
	}{
		"PEM from the proxy":    {"10.0.0.1:5", url.PathEscape(text), "\x01\x02\x03"},
		"base64 from the proxy": {"10.0.0.1:5", "AQID", "\x01\x02\x03"},
		"from anybody":          {"192.0.2.7:5", "AQID", ""},
		"nothing":               {"10.0.0.1:5", "", ""},
		"nonsense":              {"10.0.0.1:5", "%zz", ""},
	} {
		a := &App{cfg: Config{Proxies: []string{"10.0.0.0/8"}, TLS: TLS{Header: "X-Client-Cert"}}}
		got := ""
		h := a.ownCertificates(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			for _, c := range a.shownCertificates(r) {
				got += string(c)
			}
		}))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.peer
		r.Header.Set("X-Client-Cert", tt.header)
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != tt.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestTheSettingsOfClientCertificatesFitTogether(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cfg     TLS
		proxies []string
		want    string
	}{
		"off":                        {TLS{}, nil, ""},
		"without a certificate":      {TLS{Listen: "127.0.0.1:1", PublicURL: "https://x"}, nil, "tls.certificate"},
		"without an address":         {TLS{Header: "X"}, []string{"10.0.0.1"}, "tls.public_url"},
		"a header without any proxy": {TLS{Header: "X", PublicURL: "https://x"}, nil, "tls.header"},
		"behind a proxy":             {TLS{Header: "X", PublicURL: "https://x"}, []string{"10.0.0.1"}, ""},
	} {
		got := ""
		tt.cfg.check(tt.proxies, func(name, _ string) { got += name })
		if got != tt.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
