package sandbox

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"kabinet/internal/platform/gost"
)

// PartnerESIA signs people in by the protocol of ЕСИА, in both of its flows.
const PartnerESIA = "esia"

// System is the mnemonic of the system that the sandbox's ЕСИА knows.
const System = "KABINET"

// esiaIssuer is how its tokens name it: http and a slash at the end, as the real one.
const esiaIssuer = "http://esia.example.test/"

// What ЕСИА can be told to say of somebody.
const (
	levelConfirmed  = "confirmed"
	levelStandard   = "standard"
	levelSimplified = "simplified"
	levelChild      = "child"
)

var esiaLevels = []string{levelConfirmed, levelStandard, levelSimplified, levelChild}

// What ЕСИА can be told to do with one sign-in.
const (
	esiaGOST     = "gost"     // sign the tokens by GOST
	esiaType     = "type"     // the token is of an organisation
	esiaState    = "state"    // the token answers another request
	esiaAccess   = "access"   // the access token is another person's
	esiaSwapped  = "swapped"  // an access token stands where the other belongs
	esiaChecksum = "checksum" // numbers in the data have wrong check digits
	esiaReused   = "reused"   // the code was used already
)

// esiaFlaws are the choices on the page: what is spoilt, and codes of refusals.
var esiaFlaws = []string{flawNone, esiaGOST, flawSlow, "007004", "007007", "007008", "007046", "007055", flawExpired, esiaReused, flawIssuer, flawAudience, flawAlg, flawKey,
	flawOld, esiaType, esiaState, esiaAccess, esiaSwapped, esiaChecksum}

// esia is the state of ЕСИА, in memory only: keys change with every start.
type esia struct {
	once    sync.Once
	system  *gost.PrivateKey // of the system that signs people in through it
	own     *gost.PrivateKey // of ЕСИА
	systemC []byte           // certificates, DER
	ownC    []byte
	rsa     *tokenKey
	stray   *tokenKey
}

func newESIA() *esia { return &esia{rsa: &tokenKey{alg: "RS256"}, stray: &tokenKey{alg: "RS256"}} }

func (e *esia) make() {
	e.once.Do(func() {
		curve := gost.CurveOf(gost.CurveCryptoProA)
		for _, one := range []struct {
			key  **gost.PrivateKey
			cert *[]byte
			name string
		}{{&e.system, &e.systemC, System}, {&e.own, &e.ownC, "ESIA"}} {
			key, err := gost.GenerateKey(curve)
			if err == nil {
				*one.key = key
				*one.cert, err = selfSigned(key, one.name)
			}
			if err != nil {
				panic(err) // no randomness
			}
		}
	})
}

// selfSigned returns a certificate of a key for itself.
func selfSigned(key *gost.PrivateKey, name string) ([]byte, error) {
	sequence := func(b *cryptobyte.Builder, f cryptobyte.BuilderContinuation) { b.AddASN1(der.SEQUENCE, f) }
	title := func(b *cryptobyte.Builder) {
		sequence(b, func(b *cryptobyte.Builder) {
			b.AddASN1(der.SET, func(b *cryptobyte.Builder) {
				sequence(b, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(gost.ObjectIdentifier("2.5.4.3"))
					b.AddASN1(der.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(name)) })
				})
			})
		})
	}
	algorithm := func(b *cryptobyte.Builder) {
		sequence(b, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(gost.ObjectIdentifier(gost.OIDSignature256)) })
	}
	var tbs cryptobyte.Builder
	sequence(&tbs, func(b *cryptobyte.Builder) {
		b.AddASN1(der.Tag(0xa0), func(b *cryptobyte.Builder) { b.AddASN1Int64(2) })
		b.AddASN1Int64(1)
		algorithm(b)
		title(b)
		sequence(b, func(b *cryptobyte.Builder) {
			b.AddASN1UTCTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
			b.AddASN1UTCTime(time.Date(2046, 1, 1, 0, 0, 0, 0, time.UTC))
		})
		title(b)
		b.AddBytes(gost.MarshalPublicKey(&key.PublicKey))
	})
	body := tbs.BytesOrPanic()
	signature, err := gost.Sign(key, key.Digest(body))
	if err != nil {
		return nil, err
	}
	var all cryptobyte.Builder
	sequence(&all, func(b *cryptobyte.Builder) {
		b.AddBytes(body)
		algorithm(b)
		b.AddASN1BitString(signature)
	})
	return all.Bytes()
}

// ESIASetup are the files of a system that signs people in through the sandbox's
// ЕСИА: system.crt and system.key (the secret number, hex), token-gost.crt and
// token-rsa.pub that tokens are checked by.
func (s *Sandbox) ESIASetup() (map[string][]byte, error) {
	e := s.esia
	e.make()
	e.rsa.make()
	public, err := x509.MarshalPKIXPublicKey(&e.rsa.rsa.PublicKey)
	if err != nil {
		return nil, err
	}
	block := func(kind string, data []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}) }
	return map[string][]byte{
		"system.crt": block("CERTIFICATE", e.systemC), "system.key": []byte(hex.EncodeToString(e.system.Secret()) + "\n"),
		"token-gost.crt": block("CERTIFICATE", e.ownC), "token-rsa.pub": block("PUBLIC KEY", public),
	}, nil
}

// esiaRoutes adds ЕСИА. The sandbox's address with /esia is its address.
func (s *Sandbox) esiaRoutes(mux *http.ServeMux) {
	for path, hashed := range map[string]bool{"/esia/aas/oauth2/ac": false, "/esia/aas/oauth2/v2/ac": true} {
		mux.HandleFunc("GET "+path, s.public(PartnerESIA, func(w http.ResponseWriter, r *http.Request) { s.esiaPage(w, r, hashed) }))
		mux.HandleFunc("POST "+path, s.public(PartnerESIA, func(w http.ResponseWriter, r *http.Request) { s.esiaEnter(w, r, hashed) }))
	}
	mux.HandleFunc("POST /esia/aas/oauth2/te", s.public(PartnerESIA, func(w http.ResponseWriter, r *http.Request) { s.esiaToken(w, r, false) }))
	mux.HandleFunc("POST /esia/aas/oauth2/v3/te", s.public(PartnerESIA, func(w http.ResponseWriter, r *http.Request) { s.esiaToken(w, r, true) }))
	mux.HandleFunc("GET /esia/rs/prns/{oid}", s.public(PartnerESIA, s.esiaPerson))
	mux.HandleFunc("GET /esia/setup/{file}", s.esiaFile)
}

// esiaFile hands out the files of ESIASetup.
func (s *Sandbox) esiaFile(w http.ResponseWriter, r *http.Request) {
	files, err := s.ESIASetup()
	data, there := files[r.PathValue("file")]
	if err != nil || !there {
		s.missingPage(w, r)
		return
	}
	download(w, r.PathValue("file"), "application/octet-stream", data)
}

// esiaCheck returns the code of what is wrong with a signed request, "" when it
// is right. code is that of a token request.
func (s *Sandbox) esiaCheck(q url.Values, hashed bool, code string) string {
	at, err := time.Parse("2006.01.02 15:04:05 -0700", q.Get("timestamp"))
	scopes := strings.Fields(q.Get("scope"))
	switch {
	case q.Get("client_id") != System:
		return "007002"
	case !s.ours(q.Get("redirect_uri")):
		return "007023"
	case q.Get("state") == "" || q.Get("client_secret") == "":
		return "007003"
	case err != nil:
		return "007014"
	case s.now().Sub(at).Abs() > 5*time.Minute:
		return "007015"
	case !slices.Contains(scopes, "openid"):
		return "007013"
	case slices.ContainsFunc(scopes, func(v string) bool { return !slices.Contains(esiaScopes, v) }):
		return "007006"
	}
	secret, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(q.Get("client_secret"), "="))
	if err != nil {
		return "007053"
	}
	s.esia.make()
	if hashed {
		text := q.Get("client_id") + q.Get("scope") + q.Get("scope_org") + q.Get("timestamp") + q.Get("state") + q.Get("redirect_uri") + code
		sum := gost.Sum256(s.esia.systemC)
		key := &s.esia.system.PublicKey
		if !strings.EqualFold(q.Get("client_certificate_hash"), hex.EncodeToString(sum[:])) || !key.Verify(key.Digest([]byte(text)), secret) {
			return "007053"
		}
		return ""
	}
	if !s.esiaCMS([]byte(q.Get("scope")+q.Get("timestamp")+q.Get("client_id")+q.Get("state")), secret) {
		return "007053"
	}
	return ""
}

var esiaScopes = []string{"openid", "fullname", "birthdate", "gender", "snils", "inn", "id_doc", "birthplace", "medical_doc", "military_doc", "foreign_passport_doc", "drivers_licence_doc",
	"birth_cert_doc", "residence_doc", "temporary_residence_doc", "vehicles", "email", "mobile", "contacts", "addresses", "usr_org"}

// esiaCMS reports whether a detached CMS signature over data is the system's,
// with its certificate inside.
func (s *Sandbox) esiaCMS(data, message []byte) bool {
	var outer struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,tag:0"`
	}
	type signerInfo struct {
		Version            int
		SID, Digest        asn1.RawValue
		Attributes         asn1.RawValue `asn1:"optional,tag:0"`
		Algorithm          asn1.RawValue
		Signature          []byte
		UnsignedAttributes asn1.RawValue `asn1:"optional,tag:1"`
	}
	var inner struct {
		Version      int
		Digests      asn1.RawValue
		Content      asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
		Lists        asn1.RawValue `asn1:"optional,tag:1"`
		Signers      []signerInfo  `asn1:"set"`
	}
	if rest, err := asn1.Unmarshal(message, &outer); err != nil || len(rest) > 0 {
		return false
	}
	if _, err := asn1.Unmarshal(outer.Content.Bytes, &inner); err != nil || len(inner.Signers) != 1 {
		return false
	}
	if !bytes.Equal(inner.Certificates.Bytes, s.esia.systemC) {
		return false
	}
	one, key, signed := inner.Signers[0], &s.esia.system.PublicKey, data
	if len(one.Attributes.FullBytes) > 0 {
		signed = slices.Clone(one.Attributes.FullBytes)
		signed[0] = 0x31 // a SET when it is signed (RFC 5652 5.4)
		digest, err := asn1.Marshal(key.Digest(data))
		if err != nil || !bytes.Contains(one.Attributes.Bytes, digest) {
			return false
		}
	}
	return key.Verify(key.Digest(signed), one.Signature)
}

// esiaOID is the number by which ЕСИА knows a person of the sandbox.
func esiaOID(person string) int {
	n, err := strconv.Atoi(person)
	if err != nil {
		return 0
	}
	return 1_000_299_000 + n
}

// esiaText is what comes with a code of a refusal.
func esiaText(code string) string {
	texts := map[string]string{"007002": "client_id does not match the certificate", "007003": "a required parameter is missing", "007004": "the user refused",
		"007006": "no right to the scope", "007007": "internal error", "007008": "overloaded", "007011": "the code is invalid or expired", "007013": "no scope", "007014": "bad parameter",
		"007015": "wrong request time", "007023": "redirect_uri is not registered", "007046": "the one-time code could not be sent", "007053": "client_secret is wrong", "007055": "the account is not confirmed"}
	return "ESIA-" + code + ": " + texts[code]
}

// esiaToken turns a code into tokens.
func (s *Sandbox) esiaToken(w http.ResponseWriter, r *http.Request, hashed bool) {
	if err := r.ParseForm(); err != nil {
		writeJSON(w, http.StatusBadRequest, problem{"invalid_request", nil})
		return
	}
	q := r.PostForm
	wrong := s.esiaCheck(q, hashed, q.Get("code"))
	if wrong == "" && (q.Get("grant_type") != "authorization_code" || q.Get("token_type") != "Bearer") {
		wrong = "007014"
	}
	var a asked
	if wrong == "" {
		a, wrong = s.esiaRedeem(q.Get("code"), q.Get("redirect_uri"))
	}
	if wrong != "" {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_request", "error_description": esiaText(wrong), "state": q.Get("state")})
		return
	}
	if a.Flaw == flawSlow {
		s.wait()
	}
	id, access := s.esiaTokens(a)
	s.mu.Lock()
	s.signIns.tokens[access] = &a
	s.mu.Unlock()
	state := q.Get("state")
	if a.Flaw == esiaState {
		state = "00000000-0000-4000-8000-000000000000"
	}
	writeJSON(w, http.StatusOK, map[string]any{"access_token": access, "id_token": id, "state": state, "token_type": "Bearer", "expires_in": "3600"})
}

// esiaRedeem takes a code once.
func (s *Sandbox) esiaRedeem(code, redirect string) (asked, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.signIns.codes[code]
	if a == nil || a.Provider != PartnerESIA || a.Used || a.Flaw == esiaReused || s.now().Sub(a.At) >= codeLife || a.Redirect != redirect {
		return asked{}, "007011"
	}
	a.Used = true
	return *a, ""
}

// esiaTokens says who it is, spoilt as the page was told to.
func (s *Sandbox) esiaTokens(a asked) (id, access string) {
	now, oid := s.now(), esiaOID(a.Person)
	holder := map[string]any{"urn:esia:sbj:typ": "P", "urn:esia:sbj:oid": oid, "urn:esia:sbj:nam": fmt.Sprintf("OID.%d", oid),
		"urn:esia:sbj:lvl": map[string]string{levelConfirmed: "PR", levelChild: "KD"}[a.Level]}
	if a.Level == levelConfirmed {
		holder["urn:esia:sbj:is_tru"] = true
	} else if a.Level != levelChild {
		holder["urn:esia:sbj:lvl"] = "P"
	}
	session := rand.Text()
	claims := map[string]any{"aud": System, "sub": oid, "nbf": now.Unix(), "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "auth_time": now.Unix(), "iss": esiaIssuer,
		"amr": "PWD", "urn:esia:amd": "PWD", "urn:esia:sid": session, "urn:esia:sbj": holder}
	grant := map[string]any{"nbf": now.Unix(), "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "iss": esiaIssuer, "urn:esia:sid": session, "urn:esia:sbj_id": oid,
		"client_id": System, "scope": fmt.Sprintf("openid fullname?oid=%d", oid)}
	switch a.Flaw {
	case flawIssuer:
		claims["iss"] = "https://esia.example.test/"
	case flawAudience:
		claims["aud"] = "ANOTHER"
	case flawOld:
		claims["iat"], claims["nbf"], claims["exp"] = now.Add(-25*time.Hour).Unix(), now.Add(-25*time.Hour).Unix(), now.Add(-24*time.Hour).Unix()
	case esiaType:
		holder["urn:esia:sbj:typ"] = "B"
	case esiaAccess:
		grant["urn:esia:sbj_id"] = oid + 1
	}
	header := map[string]any{"ver": 1, "sbt": "access"}
	access = s.esiaSign(grant, header, a.Flaw)
	if a.Flaw == esiaSwapped {
		for name, value := range claims {
			grant[name] = value
		}
		return s.esiaSign(grant, header, ""), access
	}
	return s.esiaSign(claims, map[string]any{"ver": 0}, a.Flaw), access
}

func (s *Sandbox) esiaSign(claims, header map[string]any, flaw string) string {
	switch flaw {
	case esiaGOST:
		h := map[string]any{"alg": "GOST3410_2012_256", "typ": "JWT"}
		for name, value := range header {
			h[name] = value
		}
		text := segment(h) + "." + segment(claims)
		signature, err := gost.Sign(s.esia.own, s.esia.own.Digest([]byte(text)))
		if err != nil {
			panic(err) // the digest is of the key's length
		}
		return text + "." + base64.RawURLEncoding.EncodeToString(signature)
	case flawAlg:
		return segment(map[string]any{"alg": "none", "typ": "JWT"}) + "." + segment(claims) + "."
	case flawKey:
		return s.esia.stray.token(claims, header)
	}
	return s.esia.rsa.token(claims, header)
}

// esiaPerson tells what ЕСИА knows of a person.
func (s *Sandbox) esiaPerson(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	a := s.signIns.tokens[token]
	s.mu.Unlock()
	if a == nil || a.Provider != PartnerESIA || r.PathValue("oid") != strconv.Itoa(esiaOID(a.Person)) {
		writeJSON(w, http.StatusForbidden, problem{"access_denied", nil})
		return
	}
	p, known := s.personByID(a.Person)
	if !known {
		writeJSON(w, http.StatusNotFound, problem{"not_found", nil})
		return
	}
	snils := p.SNILS[:3] + "-" + p.SNILS[3:6] + "-" + p.SNILS[6:9] + " " + p.SNILS[9:]
	if a.Flaw == esiaChecksum {
		snils = p.SNILS[:3] + "-" + p.SNILS[3:6] + "-" + p.SNILS[6:9] + " 00"
	}
	list := func(all ...any) map[string]any {
		return map[string]any{"stateFacts": []string{"hasSize"}, "size": len(all), "eTag": "A1", "elements": all}
	}
	answer := map[string]any{
		"stateFacts": []string{"EntityRoot"}, "status": "REGISTERED", "eTag": "B2", "updatedOn": s.now().Unix(), "citizenship": "RUS", "trusted": a.Level == levelConfirmed,
		"firstName": p.Name, "lastName": p.Surname, "middleName": p.Patronymic, "birthDate": dotted(p.BirthDate), "gender": strings.ToUpper(p.Sex), "rIdDoc": 1,
		"contacts": list(map[string]any{"type": "MBT", "value": strings.Replace(p.Phone, "+7900", "+7(900)", 1), "vrfStu": "VERIFIED"},
			map[string]any{"type": "EML", "value": p.Email, "vrfStu": "NOT_VERIFIED"}, map[string]any{"type": "XXX", "value": "of a kind that nobody knows"}),
	}
	if a.Level != levelSimplified {
		answer["snils"], answer["inn"] = snils, p.INN
		answer["addresses"] = list(map[string]any{"type": "PRG", "addressStr": p.Address, "countryId": "RUS"}, map[string]any{"type": "PLV", "addressStr": p.Address})
		answer["documents"] = list(map[string]any{"type": "RF_PASSPORT", "series": p.PassportSeries, "number": p.PassportNumber, "issueDate": dotted(p.IssuedOn),
			"issueId": p.DivisionCode, "issuedBy": p.IssuedBy, "fmsValid": true, "fmsState": "AUTO_UPDATE_SUCCESS"})
	}
	writeJSON(w, http.StatusOK, answer)
}

// dotted returns a day like 14.03.1991.
func dotted(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.Format("02.01.2006")
}

// esiaPage asks who signs in, and at what level.
func (s *Sandbox) esiaPage(w http.ResponseWriter, r *http.Request, hashed bool) {
	q := r.URL.Query()
	p := signInPage{Provider: PartnerESIA, People: s.Payers(), Flaws: esiaFlaws, Levels: esiaLevels, Person: "1"}
	switch wrong := s.esiaCheck(q, hashed, ""); {
	case wrong == "007023" || q.Get("redirect_uri") == "":
		p.Wrong = "redirect_uri"
		s.show(w, r, http.StatusBadRequest, "authorize", "signins", "signins.esia", p)
	case wrong != "":
		s.esiaBack(w, r, url.Values{"error": {"invalid_request"}, "error_description": {esiaText(wrong)}})
	default:
		letBack(w, q.Get("redirect_uri"))
		s.show(w, r, http.StatusOK, "authorize", "signins", "signins.esia", p)
	}
}

// esiaBack sends the person back with what came of it.
func (s *Sandbox) esiaBack(w http.ResponseWriter, r *http.Request, answer url.Values) {
	u, err := url.Parse(r.URL.Query().Get("redirect_uri"))
	if err != nil {
		s.missingPage(w, r)
		return
	}
	answer.Set("state", r.URL.Query().Get("state"))
	u.RawQuery = answer.Encode()
	letBack(w, u.String())
	http.Redirect(w, r, u.String(), http.StatusSeeOther) //nolint:gosec // esiaCheck let the address pass
}

// esiaEnter takes the choice and sends the person back.
func (s *Sandbox) esiaEnter(w http.ResponseWriter, r *http.Request, hashed bool) {
	q := r.URL.Query()
	a := asked{Provider: PartnerESIA, Client: System, Redirect: q.Get("redirect_uri"), Person: r.PostFormValue("person"), Flaw: r.PostFormValue("flaw"), Level: r.PostFormValue("level")}
	_, known := s.personByID(a.Person)
	if wrong := s.esiaCheck(q, hashed, ""); wrong != "" || !known || !slices.Contains(esiaLevels, a.Level) || !slices.Contains(esiaFlaws, a.Flaw) {
		s.esiaPage(w, r, hashed)
		return
	}
	if strings.HasPrefix(a.Flaw, "00") {
		s.esiaBack(w, r, url.Values{"error": {"access_denied"}, "error_description": {esiaText(a.Flaw)}})
		return
	}
	s.esiaBack(w, r, url.Values{"code": {s.consent(a)}})
}
