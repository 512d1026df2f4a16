package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Providers that sign people in for others by OpenID Connect.
const (
	PartnerSber  = "sber"  // as Сбер ID: own addresses, request IDs, also by a second device
	PartnerBereg = "bereg" // a bank
	PartnerSever = "sever" // another bank
)

// Clients of the providers. The secret of Client is the sandbox's token; Other
// is there to try whether somebody takes another client's codes.
const (
	Client      = "kabinet"
	OtherClient = "somebody-else"
)

// What a provider can be told to do with one sign-in, on its page.
const (
	flawNone     = "ok"
	flawRefuse   = "refuse"
	flawSlow     = "slow"      // the token comes after Options.Slow
	flawExpired  = "expired"   // the code is over at once
	flawIssuer   = "issuer"    // the token names another issuer
	flawAudience = "audience"  // the token is for another client
	flawNonce    = "nonce"     // the token answers another request
	flawAlg      = "alg"       // the token is not signed
	flawKey      = "key"       // the token is signed by a key of somebody else
	flawOld      = "old_token" // the token ended yesterday
	flawSubject  = "subject"   // the person's data are another's
)

var flaws = []string{flawNone, flawRefuse, flawSlow, flawExpired, flawIssuer, flawAudience, flawNonce, flawAlg, flawKey, flawOld, flawSubject}

const (
	codeLife   = time.Minute
	tokenLife  = 10 * time.Minute
	deviceLife = 3 * time.Minute
	devicePoll = 2 // seconds
)

// bankid is a provider of OpenID Connect.
type bankid struct {
	name   string
	key    *tokenKey
	stray  *tokenKey // a key that it does not publish
	device bool      // signs in by a second device
	rquid  bool      // wants request IDs
}

func bankids() []*bankid {
	return []*bankid{
		{name: PartnerSber, key: &tokenKey{alg: "RS256"}, stray: &tokenKey{alg: "RS256"}, device: true, rquid: true},
		{name: PartnerBereg, key: &tokenKey{alg: "ES256"}, stray: &tokenKey{alg: "ES256"}},
		{name: PartnerSever, key: &tokenKey{alg: "RS256"}, stray: &tokenKey{alg: "RS256"}},
	}
}

// asked is what a client asked for when it sent somebody, and what became of it.
type asked struct {
	Provider, Client, Redirect, State, Nonce, Challenge string
	Person                                              string // Payer.ID, once chosen
	Flaw                                                string
	Level                                               string    // at ЕСИА
	At                                                  time.Time // when the person agreed
	Used                                                bool
	Refused                                             bool
	UserCode                                            string // of a sign-in by a second device
}

// signIns is who is signing in where, in memory only.
type signIns struct {
	codes   map[string]*asked
	tokens  map[string]*asked
	devices map[string]*asked // by device code
}

func newSignIns() signIns {
	return signIns{codes: map[string]*asked{}, tokens: map[string]*asked{}, devices: map[string]*asked{}}
}

// bankidRoutes adds the providers.
func (s *Sandbox) bankidRoutes(mux *http.ServeMux) {
	for _, b := range s.bankids {
		at := "/oidc/" + b.name
		with := func(h func(b *bankid, w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
			return s.public(b.name, func(w http.ResponseWriter, r *http.Request) { h(b, w, r) })
		}
		mux.HandleFunc("GET "+at+"/.well-known/openid-configuration", with(s.discovery))
		mux.HandleFunc("GET "+at+"/keys", with(s.publicKeys))
		mux.HandleFunc("GET "+at+"/authorize", with(s.authorizePage))
		mux.HandleFunc("POST "+at+"/authorize", with(s.authorize))
		mux.HandleFunc("POST "+at+"/token", with(s.exchange))
		mux.HandleFunc("GET "+at+"/userinfo", with(s.userInfo))
		if b.device {
			mux.HandleFunc("POST "+at+"/device", with(s.deviceCode))
			mux.HandleFunc("GET "+at+"/app", with(s.appPage))
			mux.HandleFunc("POST "+at+"/app", with(s.appConfirm))
			mux.HandleFunc("GET "+at+"/completed", with(s.completed))
		}
		mux.HandleFunc("GET "+at+"/services", with(s.bankPage))
		mux.HandleFunc("POST "+at+"/services", with(s.bankLink))
	}
	s.esiaRoutes(mux)
	mux.HandleFunc("GET /signins", s.signInsPage)
}

// public puts a partner's fault before its work, for what is not called with the
// sandbox's token.
func (s *Sandbox) public(name string, work http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		switch s.fault(name) {
		case ModeDown:
			w.Header().Set("Retry-After", "30")
			writeJSON(w, http.StatusServiceUnavailable, problem{"unavailable", nil})
			return
		case ModeBroken:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write([]byte("<html><body><h1>It works!</h1><p>default page of a server</body>"))
			return
		case ModeSlow:
			s.wait()
		}
		work(w, r)
	}
}

func (b *bankid) issuer(r *http.Request) string { return "http://" + r.Host + "/oidc/" + b.name }

func (s *Sandbox) discovery(b *bankid, w http.ResponseWriter, r *http.Request) {
	at := b.issuer(r)
	d := map[string]any{
		"issuer": at, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token", "jwks_uri": at + "/keys", "userinfo_endpoint": at + "/userinfo",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"pairwise"}, "id_token_signing_alg_values_supported": []string{b.key.alg},
		"scopes_supported": []string{"openid", "profile", "email", "phone", "snils", "inn", "passport"}, "code_challenge_methods_supported": []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"}, "authorization_response_iss_parameter_supported": true,
	}
	if b.device {
		d["device_authorization_endpoint"] = at + "/device"
		d["grant_types_supported"] = []string{"authorization_code", deviceGrant}
	}
	writeJSON(w, http.StatusOK, d)
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

func (s *Sandbox) publicKeys(b *bankid, w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{b.key.public()}})
}

// ours reports whether people may be sent back to an address: the portal's, or,
// when none is set, any of this machine.
func (s *Sandbox) ours(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Fragment != "" {
		return false
	}
	if s.portal != "" {
		return strings.HasPrefix(address, s.portal+"/")
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// request reads what a client asks for; wrong is the error of the protocol.
func (s *Sandbox) request(b *bankid, q url.Values) (a asked, wrong string) {
	a = asked{Provider: b.name, Client: q.Get("client_id"), Redirect: q.Get("redirect_uri"), State: q.Get("state"), Nonce: q.Get("nonce"), Challenge: q.Get("code_challenge")}
	switch {
	case !slices.Contains([]string{Client, OtherClient}, a.Client):
		return a, "unauthorized_client"
	case !s.ours(a.Redirect):
		return a, "redirect_uri"
	case q.Get("response_type") != "code" || !slices.Contains(strings.Fields(q.Get("scope")), "openid") || a.State == "":
		return a, "invalid_request"
	case a.Challenge == "" || q.Get("code_challenge_method") != "S256":
		return a, "code_challenge"
	case b.rquid && q.Get("client_type") != "PRIVATE":
		return a, "client_type"
	}
	return a, ""
}

// answer sends the person back with what came of it.
func (s *Sandbox) sendBack(b *bankid, w http.ResponseWriter, r *http.Request, a asked, answer url.Values) {
	u, err := url.Parse(a.Redirect)
	if err != nil {
		s.missingPage(w, r)
		return
	}
	answer.Set("state", a.State)
	answer.Set("iss", b.issuer(r))
	u.RawQuery = answer.Encode()
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
}

// consent notes that a person agreed and returns the code.
func (s *Sandbox) consent(a asked) (code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for old, was := range s.signIns.codes {
		if s.now().Sub(was.At) > time.Hour {
			delete(s.signIns.codes, old)
		}
	}
	a.At, code = s.now(), rand.Text()
	if a.Flaw == flawExpired {
		a.At = a.At.Add(-codeLife)
	}
	s.signIns.codes[code] = &a
	return code
}

// client returns who calls, or answers 401.
func (s *Sandbox) client(w http.ResponseWriter, r *http.Request) (string, bool) {
	id, secret, basic := r.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	known := id == Client || id == OtherClient
	if !known || subtle.ConstantTimeCompare([]byte(secret), []byte(s.token)) != 1 {
		w.Header().Set("WWW-Authenticate", "Basic")
		writeJSON(w, http.StatusUnauthorized, problem{"invalid_client", nil})
		return "", false
	}
	return id, true
}

// hasRequestID reports whether a header holds 32 hexadecimal characters.
func hasRequestID(r *http.Request, name string) bool {
	b, err := hex.DecodeString(r.Header.Get(name))
	return err == nil && len(b) == 16
}

// exchange turns a code into tokens.
func (s *Sandbox) exchange(b *bankid, w http.ResponseWriter, r *http.Request) {
	client, ok := s.client(w, r)
	if !ok {
		return
	}
	if b.rquid && !hasRequestID(r, "rquid") {
		writeJSON(w, http.StatusBadRequest, problem{"invalid_request", []string{"rquid"}})
		return
	}
	var a *asked
	var wrong string
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		a, wrong = s.redeem(b, client, r.PostFormValue("code"), r.PostFormValue("redirect_uri"), r.PostFormValue("code_verifier"))
	case deviceGrant:
		a, wrong = s.redeemDevice(b, client, r.PostFormValue("device_code"))
	default:
		wrong = "unsupported_grant_type"
	}
	if wrong != "" {
		writeJSON(w, http.StatusBadRequest, problem{wrong, nil})
		return
	}
	if a.Flaw == flawSlow {
		s.wait()
	}
	access := rand.Text()
	s.mu.Lock()
	s.signIns.tokens[access] = a
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": int(tokenLife.Seconds()), "id_token": s.idToken(b, r, *a, access)})
}

// redeem takes a code once, from the client it was made for. A code that comes
// again ends what it was turned into (RFC 6749 4.1.2).
func (s *Sandbox) redeem(b *bankid, client, code, redirect, verifier string) (*asked, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.signIns.codes[code]
	if a == nil || a.Provider != b.name || a.Client != client {
		return nil, "invalid_grant"
	}
	if a.Used {
		for token, of := range s.signIns.tokens {
			if of == a {
				delete(s.signIns.tokens, token)
			}
		}
		return nil, "invalid_grant"
	}
	a.Used = true
	sum := sha256.Sum256([]byte(verifier))
	if s.now().Sub(a.At) >= codeLife || a.Redirect != redirect || base64.RawURLEncoding.EncodeToString(sum[:]) != a.Challenge {
		return nil, "invalid_grant"
	}
	return a, ""
}

// subject is by what a provider knows a person: another number at each.
func (s *Sandbox) subject(provider, person string) string {
	sum := sha256.Sum256([]byte(provider + "/" + person + "/" + s.token))
	return hex.EncodeToString(sum[:16])
}

// idToken says who it is, spoilt as the page was told to.
func (s *Sandbox) idToken(b *bankid, r *http.Request, a asked, access string) string {
	now, half := s.now(), sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": b.issuer(r), "aud": a.Client, "sub": s.subject(b.name, a.Person), "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "auth_time": now.Unix(),
		"amr": []string{"pwd", "otp"}, "at_hash": base64.RawURLEncoding.EncodeToString(half[:16]),
	}
	if a.Nonce != "" {
		claims["nonce"] = a.Nonce
	}
	switch a.Flaw {
	case flawIssuer:
		claims["iss"] = "https://somebody-else.example.test"
	case flawAudience:
		claims["aud"] = OtherClient
	case flawNonce:
		claims["nonce"] = "of another request"
	case flawOld:
		claims["iat"], claims["exp"] = now.Add(-25*time.Hour).Unix(), now.Add(-24*time.Hour).Unix()
	case flawAlg:
		return segment(map[string]any{"alg": "none", "typ": "JWT"}) + "." + segment(claims) + "."
	case flawKey:
		b.key.make()
		return b.stray.token(claims, map[string]any{"kid": b.key.kid})
	}
	return b.key.token(claims, nil)
}

// userInfo tells what is known of the person.
func (s *Sandbox) userInfo(b *bankid, w http.ResponseWriter, r *http.Request) {
	a, ok := s.bearer(b, w, r)
	if !ok {
		return
	}
	if b.rquid && !hasRequestID(r, "x-introspect-rquid") {
		writeJSON(w, http.StatusBadRequest, problem{"invalid_request", []string{"x-introspect-rquid"}})
		return
	}
	p, known := s.personByID(a.Person)
	if !known {
		writeJSON(w, http.StatusNotFound, problem{"not_found", nil})
		return
	}
	subject := s.subject(b.name, a.Person)
	if a.Flaw == flawSubject {
		subject = s.subject(b.name, "another")
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"sub": subject, "family_name": p.Surname, "given_name": p.Name, "middle_name": p.Patronymic, "birthdate": p.BirthDate,
		"gender": map[string]string{"f": "female", "m": "male"}[p.Sex], "phone_number": p.Phone, "phone_number_verified": p.Phone != "", "email": p.Email, "email_verified": p.Email != "",
		"snils": p.SNILS, "inn": p.INN, "address": map[string]any{"formatted": p.Address},
		"passport": map[string]any{"series": p.PassportSeries, "number": p.PassportNumber, "issued_on": p.IssuedOn, "issued_by": p.IssuedBy, "division_code": p.DivisionCode},
	})
}

// bearer returns whose access token it is, or answers 401.
func (s *Sandbox) bearer(b *bankid, w http.ResponseWriter, r *http.Request) (asked, bool) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	a := s.signIns.tokens[token]
	s.mu.Unlock()
	if a == nil || a.Provider != b.name || s.now().Sub(a.At) > tokenLife {
		w.Header().Set("WWW-Authenticate", "Bearer")
		writeJSON(w, http.StatusUnauthorized, problem{"invalid_token", nil})
		return asked{}, false
	}
	return *a, true
}

// completed hears that a sign-in came to its end.
func (s *Sandbox) completed(b *bankid, w http.ResponseWriter, r *http.Request) {
	if _, ok := s.bearer(b, w, r); ok {
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Sandbox) personByID(id string) (Person, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.people, func(p *Payer) bool { return p.ID == id })
	if i < 0 {
		return Person{}, false
	}
	return s.people[i].Person, true
}

// deviceCode begins a sign-in by a second device (RFC 8628).
func (s *Sandbox) deviceCode(b *bankid, w http.ResponseWriter, r *http.Request) {
	client, ok := s.client(w, r)
	if !ok {
		return
	}
	code, userCode := rand.Text(), rand.Text()[:4]+"-"+rand.Text()[:4]
	s.mu.Lock()
	s.signIns.devices[code] = &asked{Provider: b.name, Client: client, UserCode: userCode, At: s.now()}
	s.mu.Unlock()
	at := b.issuer(r) + "/app"
	writeJSON(w, http.StatusOK, map[string]any{"device_code": code, "user_code": userCode, "verification_uri": at,
		"verification_uri_complete": at + "?code=" + userCode, "expires_in": int(deviceLife.Seconds()), "interval": devicePoll})
}

// redeemDevice tells what became of a code for a second device, and takes it
// once it was confirmed.
func (s *Sandbox) redeemDevice(b *bankid, client, code string) (*asked, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.signIns.devices[code]
	switch {
	case a == nil || a.Provider != b.name || a.Client != client || a.Used:
		return nil, "invalid_grant"
	case a.Refused:
		return nil, "access_denied"
	case s.now().Sub(a.At) >= deviceLife:
		return nil, "expired_token"
	case a.Person == "":
		return nil, "authorization_pending"
	}
	a.Used = true
	return a, ""
}

// deviceByUserCode returns the sign-in that waits for a code, nil for none.
func (s *Sandbox) deviceByUserCode(b *bankid, userCode string) *asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.signIns.devices {
		if a.Provider == b.name && a.UserCode == strings.ToUpper(strings.TrimSpace(userCode)) && a.Person == "" && !a.Refused && s.now().Sub(a.At) < deviceLife {
			return a
		}
	}
	return nil
}
