package pki

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/signature/pki/pkitest"
)

// studio reads what pkitest makes.
type studio struct {
	*pkitest.Studio
	t testing.TB
}

func (s studio) parsed(raw []byte) *Certificate {
	s.t.Helper()
	c, err := ParseCertificate(raw)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s studio) root(name string, a pkitest.Algorithm) *Certificate {
	s.t.Helper()
	return s.parsed(s.Root(name, a))
}

func (s studio) issue(name, subject, centre, extensions string, a pkitest.Algorithm, days int) *Certificate {
	s.t.Helper()
	return s.parsed(s.Issue(name, subject, centre, extensions, a, days))
}

func (s studio) revoking(centre string, a pkitest.Algorithm, revoked ...*Certificate) []byte {
	s.t.Helper()
	var raw [][]byte
	for _, c := range revoked {
		raw = append(raw, c.Raw)
	}
	return s.List(centre, a, raw...)
}

const text = "Кабинет: вход по электронной подписи\n"

func never(_, _ *Certificate) Reason { return "" }

func trusting(roots ...*Certificate) Conditions {
	var anchors []Anchor
	for _, c := range roots {
		anchors = append(anchors, Anchor{Certificate: c, Centre: c.Subject.CommonName})
	}
	return Conditions{At: time.Now(), Trust: NewTrust(anchors...), Revoked: never}
}

// verdicts are the steps that did not come out valid.
func verdicts(r Report) map[Step]Reason {
	out := map[Step]Reason{}
	for _, c := range r.Checks {
		if c.State != Valid {
			out[c.Step] = c.Reason
		}
	}
	return out
}

// Proves
func TestSignaturesOfAnotherProgramAreAccepted(t *testing.T) {
	t.Parallel()
	for _, a := range pkitest.Algorithms() {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			s := studio{pkitest.New(t), t}
			root := s.root("root", a)
			s.issue("me", pkitest.Sokolova, "root", "leaf", a, 365)
			r := Verify(s.Sign("me", text, a, "-cades"), []byte(text), trusting(root))
			if len(verdicts(r)) > 0 || len(r.Checks) != 8 || r.Centre != "root" {
				t.Fatalf("%+v", r.Checks)
			}
			want := Subject{Surname: "Соколова", Name: "Марина", Patronymic: "Андреевна", Common: "Соколова Марина Андреевна", SNILS: "99900000115", INN: "000000122390"}
			if diff := cmp.Diff(want, r.Signer.Holder()); diff != "" {
				t.Error(diff)
			}
			if r.Signer.Class() != "КС2" || r.Qualified() != strings.HasPrefix(a.Name, "GOST") {
				t.Errorf("class %s, qualified %v", r.Signer.Class(), r.Qualified())
			}
			if time.Since(r.Signed).Abs() > time.Minute {
				t.Errorf("signed %s", r.Signed)
			}
		})
	}
}

func TestACentreUnderACentreIsFollowed(t *testing.T) {
	t.Parallel()
	s := studio{pkitest.New(t), t}
	root := s.root("root", pkitest.GOST256())
	middle := s.issue("middle", "/CN=middle", "root", "ca_ext", pkitest.Algorithms()[13], 1000)
	s.issue("me", pkitest.Sokolova, "middle", "leaf", pkitest.P256(), 365)
	with := s.Sign("me", text, pkitest.P256(), "-cades", "-certfile", "middle.pem")
	r := Verify(with, []byte(text), trusting(root))
	if len(verdicts(r)) > 0 || len(r.Path) != 3 || r.Qualified() {
		t.Errorf("GOST 256 over GOST 512 over P-256: %+v, path %d", r.Checks, len(r.Path))
	}
	without := s.Sign("me", text, pkitest.P256(), "-cades")
	if got := verdicts(Verify(without, []byte(text), trusting(root))); got[Chain] != UnknownRoot || got[Revocation] != Unreached {
		t.Errorf("without the centre between: %v", got)
	}
	// The centre between is trusted by itself: its own issuer need not be known.
	if got := verdicts(Verify(with, []byte(text), trusting(middle))); len(got) > 0 {
		t.Errorf("the centre between is trusted: %v", got)
	}
}

func TestEachFaultHasItsOwnReason(t *testing.T) {
	t.Parallel()
	a := pkitest.P256()
	s := studio{pkitest.New(t), t}
	root := s.root("root", a)
	other := s.root("other", a)
	me := s.issue("me", pkitest.Sokolova, "root", "leaf", a, 365)
	s.issue("server", "/CN=server", "root", "server", a, 365)
	s.issue("exchange", "/CN=exchange", "root", "exchange", a, 365)
	good := s.Sign("me", text, a, "-cades")
	at := func(d time.Duration) Conditions {
		c := trusting(root)
		c.At = time.Now().Add(d)
		return c
	}
	revoked := func(why Reason) Conditions {
		c := trusting(root)
		c.Revoked = func(c, issuer *Certificate) Reason {
			if c.Serial() != me.Serial() || issuer.Serial() != root.Serial() {
				t.Errorf("asked about %s by %s", c.Serial(), issuer.Serial())
			}
			return why
		}
		return c
	}
	accredited := func(spans ...Span) Conditions {
		c := trusting()
		c.Trust = NewTrust(Anchor{Certificate: root, Centre: "root"}, Anchor{Certificate: root, Centre: "list", Spans: append([]Span{}, spans...)})
		return c
	}
	s.issue("stranger", "/CN=stranger", "other", "plain", a, 365)
	day := 24 * time.Hour
	now := time.Now()
	for _, c := range []struct {
		name string
		sig  []byte
		with Conditions
		want map[Step]Reason
	}{
		{"all well", good, at(0), map[Step]Reason{}},
		{"of a root that nobody trusts", good, trusting(other), map[Step]Reason{Chain: UnknownRoot, Revocation: Unreached}},
		{"after its term", good, at(400 * day), map[Step]Reason{Term: Expired}},
		{"before its term", good, at(-2 * day), map[Step]Reason{Term: NotYet}},
		{"revoked", good, revoked(Revoked), map[Step]Reason{Revocation: Revoked}},
		{"no revocation list", good, revoked(NoList), map[Step]Reason{Revocation: NoList}},
		{"an old revocation list", good, revoked(StaleList), map[Step]Reason{Revocation: StaleList}},
		{"for servers", s.Sign("server", text, a, "-cades"), at(0), map[Step]Reason{Purpose: WrongPurpose}},
		{"for exchange of keys", s.Sign("exchange", text, a, "-cades"), at(0), map[Step]Reason{Purpose: WrongPurpose}},
		{"a centre's own", s.Sign("root", text, a, "-cades"), at(0), map[Step]Reason{Purpose: WrongPurpose}},
		{"of another text", s.Sign("me", text+" ", a, "-cades"), at(0), map[Step]Reason{Content: OtherContent}},
		{"an accredited centre", good, accredited(Span{From: now.Add(-day)}), map[Step]Reason{}},
		{"not accredited yet", good, accredited(Span{From: now.Add(day)}), map[Step]Reason{Chain: Unaccredited}},
		{"no more accredited", good, accredited(Span{From: now.Add(-9 * day), To: now.Add(-day)}), map[Step]Reason{Chain: Unaccredited}},
		{"never accredited", good, accredited(), map[Step]Reason{Chain: Unaccredited}},
		{"with the content inside", s.Sign("me", text, a, "-cades", "-nodetach"), at(0), unreadable(Attached)},
		{"without the name of its certificate", s.Sign("me", text, a), at(0), unreadable(Bare)},
		{"without signed attributes", s.Sign("me", text, a, "-noattr"), at(0), unreadable(Bare)},
		{"without its certificate", s.Sign("me", text, a, "-cades", "-nocerts"), at(0), unreadable(NoCertificate)},
		{"by two", s.Sign("me", text, a, "-cades", "-signer", "server.pem", "-inkey", "server.key"), at(0), unreadable(Several)},
		{"with SHA-1", s.Sign("me", text, pkitest.Algorithm{Digest: "sha1"}, "-cades"), at(0), unreadable(Outdated)},
		{"something else", []byte("hello"), at(0), unreadable(Broken)},
		{"nothing", nil, at(0), unreadable(Broken)},
		{"too long", make([]byte, MaxSignature+1), at(0), unreadable(TooLarge)},
		{"with a certificate that nobody known issued", s.Sign("me", text, a, "-cades", "-certfile", "stranger.pem"), at(0), map[Step]Reason{Chain: Stray}},
		{"with something after it", append(bytes.Clone(good), 0), at(0), unreadable(Broken)},
	} {
		if got := verdicts(Verify(c.sig, []byte(text), c.with)); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if r := Verify(good, []byte(text), at(0)); !bytes.Equal(r.Signer.Raw, me.Raw) {
		t.Error("another certificate is reported")
	}
}

func unreadable(why Reason) map[Step]Reason {
	return map[Step]Reason{Form: why, Content: Unreached, Named: Unreached, Value: Unreached, Chain: Unreached, Purpose: Unreached, Term: Unreached, Revocation: Unreached}
}

func TestOneFlippedBitAnywhereIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a     pkitest.Algorithm
		step  int // every so many bytes
		every bool
	}{{pkitest.P256(), 1, true}, {pkitest.Algorithms()[0], 1, false}, {pkitest.GOST256(), 3, false}} {
		t.Run(c.a.Name, func(t *testing.T) {
			t.Parallel()
			s := studio{pkitest.New(t), t}
			root := s.root("root", c.a)
			s.issue("me", pkitest.Sokolova, "root", "leaf", c.a, 365)
			good := s.Sign("me", text, c.a, "-cades", "-certfile", "root.pem") // the root too: nothing in the chain needs it
			with := trusting(root)
			if got := verdicts(Verify(good, []byte(text), with)); len(got) > 0 {
				t.Fatal(got)
			}
			for i := 0; i < len(good); i += c.step {
				for bit := range 8 {
					if !c.every && bit != i%8 {
						continue
					}
					bad := bytes.Clone(good)
					bad[i] ^= 1 << bit
					if r := Verify(bad, []byte(text), with); r.Verdict().State != Invalid {
						t.Errorf("bit %d of byte %d of %d: %+v", bit, i, len(good), r.Checks)
					}
				}
			}
		})
	}
}

func TestRevocationListsAreReadOnlyFromTheirCentre(t *testing.T) {
	t.Parallel()
	for _, a := range []pkitest.Algorithm{pkitest.P256(), pkitest.Algorithms()[0], pkitest.GOST256(), pkitest.Algorithms()[13]} {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			s := studio{pkitest.New(t), t}
			root, other := s.root("root", a), s.root("other", a)
			me := s.issue("me", pkitest.Sokolova, "root", "leaf", a, 365)
			friend := s.issue("friend", "/CN=friend", "root", "leaf", a, 365)
			if got := me.ListAddresses(); len(got) != 1 || got[0] != "http://lists.example.test/centre.crl" {
				t.Errorf("addresses %v", got)
			}
			raw := s.revoking("root", a, me)
			list, err := ParseList(raw, root)
			if err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			if list.Len() != 1 || list.Of(me, now) != Revoked || list.Of(friend, now) != "" || list.Of(friend, now.AddDate(0, 0, 31)) != StaleList || list.Of(me, now.AddDate(0, 0, 31)) != Revoked {
				t.Errorf("%d revoked: me %q, friend %q, later %q", list.Len(), list.Of(me, now), list.Of(friend, now), list.Of(friend, now.AddDate(0, 0, 31)))
			}
			if _, err := ParseList(raw, other); !errors.Is(err, ErrList) {
				t.Errorf("as another centre's: %v", err)
			}
			for i := range raw {
				bad := bytes.Clone(raw)
				bad[i] ^= 1 << (i % 8)
				if _, err := ParseList(bad, root); !errors.Is(err, ErrList) {
					t.Errorf("byte %d changed: %v", i, err)
				}
			}
		})
	}
}

func TestAFileIsTakenAsProgramsSaveIt(t *testing.T) {
	t.Parallel()
	raw := append([]byte{0x30, 0x82, 1, 0}, bytes.Repeat([]byte{7, 200}, 128)...)
	plain := base64.StdEncoding.EncodeToString(raw)
	for name, file := range map[string]string{
		"DER": string(raw), "base64": plain, "lines": plain[:64] + "\r\n" + plain[64:] + "\n", "a mark of UTF-8": "\xef\xbb\xbf" + plain,
		"PEM": string(pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: raw})),
	} {
		if got, ok := Decode([]byte(file)); !ok || !bytes.Equal(got, raw) {
			t.Errorf("%s: %v, %x", name, ok, got)
		}
	}
	for name, file := range map[string]string{"nothing": "", "words": "не подпись", "too much": strings.Repeat("A", 2*MaxSignature+1)} {
		if _, ok := Decode([]byte(file)); ok {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestOldCertificatesOfCompanies(t *testing.T) {
	t.Parallel()
	s := studio{pkitest.New(t), t}
	s.root("root", pkitest.P256())
	c := s.issue("firm", "/CN=ООО Заречье/O=ООО Заречье/SN=Громов/GN=Артём Павлович/OGRN=1029900000001/INN=000000000138/SNILS=99900000620", "root", "plain", pkitest.P256(), 9)
	want := Subject{Surname: "Громов", Name: "Артём", Patronymic: "Павлович", Common: "ООО Заречье", Company: "ООО Заречье", SNILS: "99900000620", OrgINN: "0000000138", OGRN: "1029900000001"}
	if diff := cmp.Diff(want, c.Holder()); diff != "" {
		t.Error(diff)
	}
	if c.Class() != "" {
		t.Errorf("class %s of a certificate without policies", c.Class())
	}
}

func FuzzParse(f *testing.F) {
	s := studio{pkitest.New(f), f}
	s.root("root", pkitest.P256())
	s.issue("me", pkitest.Sokolova, "root", "leaf", pkitest.P256(), 365)
	f.Add(s.Sign("me", text, pkitest.P256(), "-cades"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if m, why := parse(raw); why == "" && m.signer == nil {
			t.Error("a signature without a signer")
		}
	})
}
