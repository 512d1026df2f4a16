package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"time"
)

// PartnerCentre is the certification centre, as POST /faults names it.
const PartnerCentre = "centre"

// Kinds of certificates that the centre makes for everybody.
const (
	KindGOST256 = "gost256"
	KindGOST512 = "gost512"
	KindRSA     = "rsa"
	KindECDSA   = "ecdsa"
	KindExpired = "expired" // GOST 256, of a term that is over
)

var kinds = []string{KindGOST256, KindGOST512, KindRSA, KindECDSA, KindExpired}

// The centre has two roots: a Russian one, and one for RSA and ECDSA.
const (
	rootGOST  = "gost"
	rootECDSA = "ecdsa"
)

var roots = []string{rootGOST, rootECDSA}

func rootOf(kind string) string {
	if kind == KindRSA || kind == KindECDSA {
		return rootECDSA
	}
	return rootGOST
}

// issued is a certificate with its key, which a real centre would never have.
type issued struct {
	Serial  string    `json:"serial"` // hex
	Root    string    `json:"root"`   // which root issued it; that of a root itself is ""
	Name    string    `json:"name"`   // of a root: gost, ecdsa
	Kind    string    `json:"kind"`
	Person  string    `json:"person,omitempty"` // Payer.ID
	Until   time.Time `json:"until"`
	DER     []byte    `json:"der"`
	Secret  []byte    `json:"secret"`
	Revoked bool      `json:"revoked,omitempty"`
}

// listLife is how long a revocation list of the centre is good for: short, so
// that what a visitor revokes is seen soon.
const listLife = time.Minute

func newECDSA() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
}

func rootName(name string) []byte {
	text := "Учебный центр: ГОСТ"
	if name == rootECDSA {
		text = "Учебный центр: RSA и ECDSA"
	}
	return encode(sequence(attribute("2.5.4.3", text, false), attribute("2.5.4.10", "Заречная область (учебный стенд)", false)))
}

// root returns a root of the centre, which is made when it is first needed. The
// caller holds s.mu.
func (s *Sandbox) root(name string) (*issued, signer, error) {
	kind := KindGOST256
	if name == rootECDSA {
		kind = KindECDSA
	}
	if i := slices.IndexFunc(s.issued, func(c *issued) bool { return c.Name == name }); i >= 0 {
		key, err := readSigner(kind, s.issued[i].Secret)
		return s.issued[i], key, err
	}
	c, key, err := s.make(kind, certificate{issuer: rootName(name), subject: rootName(name), centre: true,
		from: s.now().AddDate(-3, 0, 0), to: s.now().AddDate(12, 0, 0)}, nil)
	if err != nil {
		return nil, key, err
	}
	c.Name = name
	return c, key, s.add(record{Issued: c})
}

// make makes a key of the kind and its certificate, signed by the key by, or by
// itself when that is nil.
func (s *Sandbox) make(kind string, c certificate, by *signer) (*issued, signer, error) {
	key, err := newSigner(kind)
	if err != nil {
		return nil, key, fmt.Errorf("sandbox: making a key: %w", err)
	}
	if c.public, err = key.public(); err != nil {
		return nil, key, fmt.Errorf("sandbox: making a key: %w", err)
	}
	if c.serial, err = newSerial(); err != nil {
		return nil, key, fmt.Errorf("sandbox: making a serial number: %w", err)
	}
	if by == nil {
		by, c.authority = &key, keyID(c.public)
	}
	out := &issued{Serial: fmt.Sprintf("%X", c.serial), Kind: kind, Until: c.to.UTC().Truncate(time.Second)}
	if out.DER, err = c.issue(*by); err != nil {
		return nil, key, fmt.Errorf("sandbox: issuing a certificate: %w", err)
	}
	out.Secret, err = key.secret()
	return out, key, err
}

// certificateOf returns the newest certificate of a kind that a person has, made
// when there is none or the last one was revoked and renew says so.
func (s *Sandbox) certificateOf(p *Payer, kind string, renew bool) (*issued, error) {
	if !slices.Contains(kinds, kind) {
		return nil, errKind
	}
	for _, c := range slices.Backward(s.issued) {
		if c.Person == p.ID && c.Kind == kind && c.Name == "" && (!c.Revoked || !renew) {
			return c, nil
		}
	}
	name := rootOf(kind)
	_, by, err := s.root(name)
	if err != nil {
		return nil, err
	}
	public, err := by.public()
	if err != nil {
		return nil, err
	}
	// КС1: the lowest class of tools, which programs on any computer have.
	c := certificate{issuer: rootName(name), subject: subject(p.Person), authority: keyID(public), class: "1.2.643.100.113.1",
		from: s.now().Add(-time.Hour), to: s.now().AddDate(1, 0, 0)}
	if kind == KindExpired {
		c.from, c.to = s.now().AddDate(-2, 0, 0), s.now().AddDate(-1, 0, 0)
	}
	made, _, err := s.make(kind, c, &by)
	if err != nil {
		return nil, err
	}
	made.Root, made.Person = name, p.ID
	return made, s.add(record{Issued: made})
}

// Sign signs content as the person with that ID does with a program of their
// own: a detached CMS signature, DER. It returns an error for a person or kind
// that does not exist.
func (s *Sandbox) Sign(content []byte, person, kind string) ([]byte, error) {
	s.mu.Lock()
	i := slices.IndexFunc(s.people, func(p *Payer) bool { return p.ID == person })
	if i < 0 {
		s.mu.Unlock()
		return nil, errKind
	}
	c, err := s.certificateOf(s.people[i], kind, false)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	key, err := readSigner(c.Kind, c.Secret)
	if err != nil {
		return nil, err
	}
	return message(content, c.DER, key, s.now())
}

// Key returns a person's certificate and key (PEM, PKCS #8), to be put into a
// browser; only of RSA and ECDSA.
func (s *Sandbox) Key(person, kind string) (certificate, key []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.people, func(p *Payer) bool { return p.ID == person })
	if i < 0 || rootOf(kind) != rootECDSA {
		return nil, nil, errKind
	}
	c, err := s.certificateOf(s.people[i], kind, false)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: c.Secret}), nil
}

// Roots returns the certificates of the centre itself, PEM, for whoever is to
// trust it.
func (s *Sandbox) Roots() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []byte
	for _, name := range roots {
		c, _, err := s.root(name)
		if err != nil {
			return nil, err
		}
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER})...)
	}
	return out, nil
}

// Lists are the paths of the centre's revocation lists.
func Lists() []string { return []string{"/centre/gost.crl", "/centre/ecdsa.crl"} }

// Revoke puts a certificate on the centre's revocation list, or takes it off.
func (s *Sandbox) Revoke(serial string, revoked bool) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.issued, func(c *issued) bool { return c.Serial == serial && c.Name == "" })
	if i < 0 {
		return false, nil
	}
	c := *s.issued[i]
	c.Revoked = revoked
	return true, s.add(record{Issued: &c})
}

// keepIssued adds a certificate or a new state of one.
func (s *Sandbox) keepIssued(c *issued) {
	if i := slices.IndexFunc(s.issued, func(o *issued) bool { return o.Serial == c.Serial }); i >= 0 {
		s.issued[i] = c
		return
	}
	s.issued = append(s.issued, c)
}

// revocations is GET /centre/gost.crl and /centre/ecdsa.crl. It needs no token:
// anybody may ask.
func (s *Sandbox) revocations(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		switch s.fault(PartnerCentre) {
		case ModeDown:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case ModeBroken:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write([]byte("<html><body><h1>It works!</h1></body>"))
			return
		case ModeSlow:
			s.wait()
		}
		list, err := s.list(name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/pkix-crl")
		w.Write(list)
	}
}

func (s *Sandbox) list(name string) ([]byte, error) {
	s.mu.Lock()
	_, key, err := s.root(name)
	var serials []*big.Int
	for _, c := range s.issued {
		if serial, ok := new(big.Int).SetString(c.Serial, 16); ok && c.Root == name && c.Revoked {
			serials = append(serials, serial)
		}
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	now := s.now()
	return revocationList(rootName(name), serials, now.Add(-time.Second), now.Add(listLife), key)
}
