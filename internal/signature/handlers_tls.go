package signature

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"

	"kabinet/internal/platform/web"
	"kabinet/internal/signature/pki"
)

// presentPath is the only page that asks the browser for a certificate. It may
// stand at another address than the portal, where no session is known.
const presentPath = "/login/certificate/present"

// CertificatePage reports whether the path is one that the address for client
// certificates serves.
func CertificatePage(path string) bool { return path == presentPath }

// ticket is what the page that asked for a certificate sends back with the
// browser that showed it. Only that browser gets it, and only the one that
// asked can use it.
type ticket struct {
	Challenge challenge `json:"challenge"`
	Raw       [][]byte  `json:"raw"` // DER, the owner's first
}

// askCertificate sends the browser to where it is asked for a certificate.
func (s *Service) askCertificate(w http.ResponseWriter, r *http.Request) error {
	if s.tlsURL == "" {
		return web.ErrNotFound
	}
	_, browser := s.browser(w, r)
	c := s.newChallenge(toPresent, "", browser, web.Local(r.URL.Query().Get("next"), ""))
	http.Redirect(w, r, s.tlsURL+presentPath+"?"+url.Values{"of": {s.sealToken("challenge", c)}}.Encode(), http.StatusSeeOther)
	return nil
}

// present looks at the certificate that the browser showed. TLS proved that it
// has the key.
func (s *Service) present(w http.ResponseWriter, r *http.Request) error {
	if err := s.limits.TakeFast(limitTries, s.source(r)); err != nil {
		return err
	}
	c, err := s.openChallenge(r.URL.Query().Get("of"))
	if err != nil || c.Purpose != toPresent || s.shown == nil {
		return ErrChallenge
	}
	raw := s.shown(r)
	if len(raw) == 0 {
		return s.writeShown(w, r, shownPage{Back: s.portal + EnterPath, Missing: true})
	}
	report, err := s.examine(r, raw)
	refused := &Refused{}
	if errors.As(err, &refused) {
		return s.writeShown(w, r, shownPage{Back: s.portal + EnterPath, Report: &report})
	}
	if err != nil {
		return err
	}
	c.Made = s.now()
	t := s.sealToken("ticket", ticket{c, raw[:1]})
	http.Redirect(w, r, s.portal+"/login/certificate/done?"+url.Values{"ticket": {t}}.Encode(), http.StatusSeeOther)
	return nil
}

func (s *Service) writeShown(w http.ResponseWriter, r *http.Request, p shownPage) error {
	return web.Write(w, r, http.StatusUnprocessableEntity, shownCertificatePage(p))
}

// examine checks certificates that were shown. It returns a *Refused.
func (s *Service) examine(r *http.Request, raw [][]byte) (pki.Report, error) {
	own, err := pki.ParseCertificate(raw[0])
	if err != nil {
		report := pki.Unreadable(err)
		return report, &Refused{report}
	}
	var more []*pki.Certificate
	for _, der := range raw[1:min(len(raw), 5)] {
		if c, err := pki.ParseCertificate(der); err == nil && !bytes.Equal(der, raw[0]) {
			more = append(more, c)
		}
	}
	with, err := s.conditions(r.Context())
	if err != nil {
		return pki.Report{}, err
	}
	report := pki.Examine(own, more, with)
	return report, s.passed(r.Context(), report)
}

// presented lets in the browser that comes back with a ticket.
func (s *Service) presented(w http.ResponseWriter, r *http.Request) error {
	var t ticket
	_, browser := s.browser(w, r)
	if !s.openToken("ticket", r.URL.Query().Get("ticket"), &t) || !t.Challenge.alive(s.now(), ticketLife) || len(t.Raw) == 0 || !bytes.Equal(t.Challenge.Browser, browser) {
		return ErrChallenge
	}
	// A minute has passed at most: what was found then still holds.
	own, err := pki.ParseCertificate(t.Raw[0])
	if err != nil {
		return err
	}
	in, err := s.arrive(r.Context(), t.Challenge, pki.Report{Signer: own}, "signature.method_tls")
	if err != nil {
		return err
	}
	return s.admit(w, r, in)
}
