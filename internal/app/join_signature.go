package app

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/person"
	"kabinet/internal/platform/config"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/proofing"
	"kabinet/internal/sandbox"
	"kabinet/internal/signature"
	"kabinet/internal/signature/pki"
)

// Trust is the centres whose signatures are believed.
type Trust struct {
	Roots      string   `config:"roots" example:"/etc/kabinet/roots.pem" help:"File with certificates of centres, PEM, that the operator vouches for beside the list of accredited centres: that they make sure of who a person is before they write a СНИЛС into a certificate."`
	Lists      []string `config:"lists" example:"http://lists.example.org/root.crl" help:"Addresses of revocation lists of those centres, where their certificates do not name any."`
	Accredited string   `config:"accredited" check:"url" example:"https://e-trust.gosuslugi.ru/CA/DownloadTSL?schemaVersion=0" help:"Address from which the list of accredited centres is fetched every day, over https. Without it an administrator uploads the list."`
}

// TLS is the sign-in by a certificate that the browser shows. Go's TLS knows
// RSA and ECDSA; a GOST certificate can only be shown to a proxy that knows it.
type TLS struct {
	Listen      string        `config:"listen" check:"address" example:"0.0.0.0:8443" help:"Address and port on which browsers are asked for a certificate (RSA or ECDSA). It serves nothing else."`
	PublicURL   string        `config:"public_url" check:"url" example:"https://cert.kabinet.example.org" help:"Address by which people reach it."`
	Certificate string        `config:"certificate" help:"File with the certificate of that address and its chain, PEM."`
	Key         config.Secret `config:"key" help:"Private key of it, PEM. Usually given as key_file."`
	Header      string        `config:"header" example:"X-Client-Cert" help:"Header in which a proxy passes on the certificate that a browser showed to it: PEM, URL-escaped, or base64 of DER. Believed only from the proxies above."`
}

// check implements the rules that join settings.
func (t TLS) check(proxies []string, fault func(name, text string)) {
	switch {
	case t.Listen != "" && (t.Certificate == "" || t.Key.IsZero()):
		fault("tls.certificate", "is missing: certificates are shown over TLS, which needs certificate and key")
	case (t.Listen != "" || t.Header != "") && t.PublicURL == "":
		fault("tls.public_url", "is missing: people have to get there")
	case t.Header != "" && len(proxies) == 0:
		fault("tls.header", "is believed from proxies only: name them in proxies")
	}
}

// offered is the address where browsers show certificates, "" when there is none.
func (t TLS) offered() string {
	if t.Listen == "" && t.Header == "" {
		return ""
	}
	return strings.TrimSuffix(t.PublicURL, "/")
}

// openSignatures makes the feature of people's electronic signatures.
func (a *App) openSignatures() error {
	anchors, err := a.cfg.Trust.anchors()
	if err != nil {
		return err
	}
	a.signatures = signature.New(signature.Options{
		DB: a.db, Keys: a.keys, Now: a.now, Limits: a.limits, Accounts: a.accounts, People: a.people, Notices: a.notices, Staff: a.staff,
		PublicURL: a.publicURL(), Source: source, Roots: anchors, ListURL: a.cfg.Trust.Accredited, Signer: a.cfg.Signer,
		Confirmed: func(ctx context.Context, tx *sqldb.DB, owner string, p person.Person, by audit.Actor) error {
			return a.proofing.ConfirmIn(ctx, tx, proofing.Vouch{Account: owner, Method: "signature.method", Person: p, Parts: []person.Part{person.Numbers}, By: by})
		},
		TLSURL: a.cfg.TLS.offered(), Shown: a.shownCertificates,
	})
	a.ways = append(a.ways, func(context.Context) []account.WayIn { return a.signatures.Ways() })
	return nil
}

// signatureWay is the way to prove who one is by a qualified signature.
func signatureWay() proofing.Way {
	return proofing.Way{Code: "signature", Icon: "signature", Href: signature.ConfirmPath, Gives: account.Confirmed, Needs: account.Simplified,
		Title: i18n.K("signature.way"), Text: i18n.K("signature.confirm_way"), Takes: i18n.K("signature.confirm_takes")}
}

func (t Trust) anchors() ([]pki.Anchor, error) {
	if t.Roots == "" {
		return nil, nil
	}
	text, err := os.ReadFile(t.Roots)
	if err != nil {
		return nil, fmt.Errorf("reading the trusted centres: %w", err)
	}
	list, err := pki.ParsePEM(text)
	if err != nil {
		return nil, fmt.Errorf("reading the trusted centres in %s: %w", t.Roots, err)
	}
	var anchors []pki.Anchor
	for _, c := range list {
		anchors = append(anchors, pki.Anchor{Certificate: c, Centre: c.Subject.CommonName, Lists: t.Lists})
	}
	return anchors, nil
}

// shownCertificates are those that a browser showed: to us, or to a proxy that
// says so.
func (a *App) shownCertificates(r *http.Request) (list [][]byte) {
	if r.TLS != nil {
		for _, c := range r.TLS.PeerCertificates {
			list = append(list, c.Raw)
		}
		return list
	}
	if a.cfg.TLS.Header == "" {
		return nil
	}
	text, err := url.PathUnescape(r.Header.Get(a.cfg.TLS.Header))
	if err != nil || text == "" {
		return nil
	}
	for rest := []byte(text); ; {
		block, more := pem.Decode(rest)
		if block == nil {
			break
		}
		list, rest = append(list, block.Bytes), more
	}
	if list == nil {
		if raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err == nil {
			list = [][]byte{raw}
		}
	}
	return list
}

// ownCertificates drops the header with a certificate unless a proxy sent it:
// anybody can send one, only a proxy has seen that the browser has the key.
func (a *App) ownCertificates(next http.Handler) http.Handler {
	name := a.cfg.TLS.Header
	if name == "" {
		return next
	}
	proxies := a.cfg.proxies()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(peer.Addr().Unmap()) }) {
			r.Header.Del(name)
		}
		next.ServeHTTP(w, r)
	})
}

// serveCertificates answers at the address that asks browsers for a
// certificate, until ctx ends; it does nothing when there is none.
func (a *App) serveCertificates(ctx context.Context) error {
	if a.cfg.TLS.Listen == "" {
		return nil
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", a.cfg.TLS.Listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", a.cfg.TLS.Listen, err)
	}
	return a.serveCertificatesOn(ctx, ln)
}

func (a *App) serveCertificatesOn(ctx context.Context, ln net.Listener) error {
	chain, err := os.ReadFile(a.cfg.TLS.Certificate)
	if err != nil {
		return fmt.Errorf("reading the certificate of the address for certificates: %w", err)
	}
	own, err := tls.X509KeyPair(chain, []byte(a.cfg.TLS.Key.Reveal()))
	if err != nil {
		return fmt.Errorf("reading the certificate of the address for certificates: %w", err)
	}
	srv := &http.Server{
		Handler: onlyCertificates(a.Handler()), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(a.telemetry.Log.Handler(), slog.LevelWarn),
		// Which certificates count is decided after the handshake, by the same
		// rules as for files: so any is asked for. TLS sees to it that its key is
		// there. Without tickets a closed browser is asked again.
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert, SessionTicketsDisabled: true},
	}
	stopped := context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.Stop)
		defer cancel()
		_ = srv.Shutdown(end) // ServeTLS returns what matters
	})
	defer stopped()
	if err := srv.ServeTLS(ln, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the address for certificates: %w", err)
	}
	return nil
}

// onlyCertificates leaves of the portal the page that looks at certificates and
// what it is drawn with.
func onlyCertificates(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !signature.CertificatePage(r.URL.Path) && !strings.HasPrefix(r.URL.Path, "/static/") {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// writeRoots keeps the roots of the sandbox's centre where the portal of the
// demonstration reads them.
func writeRoots(path string, box *sandbox.Sandbox) error {
	text, err := box.Roots()
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing the roots of the sandbox: %w", err)
	}
	return nil
}

// centreLists are the revocation lists of the sandbox's centre.
func centreLists(base string) string {
	var all []string
	for _, path := range sandbox.Lists() {
		all = append(all, base+path)
	}
	return strings.Join(all, ",")
}
