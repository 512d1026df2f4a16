package document

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/pdf"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/signature"
)

// Paper is a document to be issued.
type Paper struct {
	Source string      // what asks for it, once in an account: "application/ID/result"
	Title  i18n.Words  // what kind of document it is
	Agency i18n.Words  // who issues it
	Number string      // as printed: "2026-000124"
	Holder string      // full name; only its initials are shown to those who check the paper; may be empty
	Until  string      // last day of validity, 2006-01-02; empty: no limit
	Made   time.Time   // moment of issue; the same for every try, so that each gives the same bytes
	Lang   i18n.Lang   // empty: Russian
	Reason i18n.Words  // why it was issued, for the seal's properties: «По заявлению № 2026-000124»
	Body   []pdf.Block // between the title and the stamp
	Type   Type        // empty: Certificate
}

// Facts is what an issued document tells whoever checks it.
type Facts struct {
	Title    i18n.Words `json:"title"`
	Agency   i18n.Words `json:"agency"`
	Number   string     `json:"number"`
	Initials string     `json:"initials"` // «С. М. А.»; empty: the document names nobody
	At       time.Time  `json:"at"`
	Until    string     `json:"until"`
	Signer   string     `json:"signer"`
	Serial   string     `json:"serial"` // of the signer's certificate
}

// Expired reports whether the document's validity had ended on the day of now.
func (f Facts) Expired(now time.Time) bool {
	return f.Until != "" && f.Until < now.Format(time.DateOnly)
}

// Ready is a paper that is written, sealed and stored, but not issued yet.
type Ready struct {
	file   File
	source string
	code   string
	facts  Facts
}

// Prepare writes the paper, seals it and stores the file. It is done before
// the transaction that issues it, which must not wait. A Ready that is not
// issued should be given to Discard.
func (s *Service) Prepare(ctx context.Context, account string, p Paper) (Ready, error) {
	if p.Type == "" {
		p.Type = Certificate
	}
	if p.Lang == "" {
		p.Lang = i18n.RU
	}
	code := s.code(account, p.Source)
	said := s.cfg.Catalogue.With(ctx, p.Lang, s.cfg.Location, p.Made)
	file, err := pdf.Write(s.letter(said, p, code))
	if err != nil {
		return Ready{}, fmt.Errorf("preparing a document for %s: %w", p.Source, err)
	}
	file, err = s.cfg.Sealer.Seal(file, signature.Reason{Text: p.Reason.In(said), Place: p.Agency.In(said)}, p.Made)
	if err != nil {
		return Ready{}, fmt.Errorf("preparing a document for %s: %w", p.Source, err)
	}
	ref, _, err := s.cfg.Blobs.Put(ctx, account, bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return Ready{}, fmt.Errorf("preparing a document for %s: %w", p.Source, err)
	}
	signer, serial, _ := s.cfg.Sealer.Signer()
	name := p.Title.In(said)
	if p.Number != "" {
		name += " № " + p.Number
	}
	return Ready{
		file: File{
			ID: id.New(), Account: account, Kind: Issued, Type: p.Type, Name: cleanName(strings.ReplaceAll(name, "/", "-")+".pdf", PDF), Format: PDF,
			Size: ref.Size, SHA256: ref.SHA256, Status: StatusSigned, Until: p.Until, At: sqldb.At(p.Made).Time, blob: ref.ID,
		},
		source: p.Source, code: code,
		facts: Facts{p.Title, p.Agency, p.Number, initials(p.Holder), sqldb.At(p.Made).Time, p.Until, signer, serial},
	}, nil
}

// Discard removes the file of a paper that will not be issued.
func (s *Service) Discard(r Ready) error { return s.cfg.Blobs.Delete(r.file.blob) }

// letter lays the paper out: the portal's furniture, the body, the stamp and
// the square code.
func (s *Service) letter(ctx context.Context, p Paper, code string) pdf.Doc {
	signer, serial, until := s.cfg.Sealer.Signer()
	subtitle := i18n.T(ctx, "document.paper_from", "number", p.Number, "date", i18n.DateFull(ctx, p.Made))
	if p.Number == "" {
		subtitle = i18n.DateFull(ctx, p.Made)
	}
	d := s.Furniture(ctx, p.Agency)
	d.Title, d.Subtitle, d.Made = p.Title.In(ctx), subtitle, p.Made
	if p.Number != "" {
		d.Number = i18n.T(ctx, "document.paper_number", "number", p.Number)
	}
	d.Blocks = append(d.Blocks, p.Body...)
	if p.Until != "" {
		d.Blocks = append(d.Blocks, pdf.Para(i18n.T(ctx, "document.paper_until", "date", dayOf(ctx, p.Until))))
	}
	d.Blocks = append(d.Blocks,
		pdf.Note{Title: i18n.T(ctx, "document.paper_sealed"), Lines: []string{
			i18n.T(ctx, "document.paper_signer", "signer", signer),
			i18n.T(ctx, "document.paper_certificate", "serial", serial, "date", i18n.DateShort(ctx, until)),
		}},
		pdf.QR{Content: s.verifyURL(code), Title: i18n.T(ctx, "document.paper_check"), Lines: []string{
			i18n.T(ctx, "document.paper_check_how", "address", strings.TrimPrefix(strings.TrimPrefix(s.cfg.PublicURL, "https://"), "http://")+"/verify"),
			i18n.T(ctx, "document.paper_code", "code", code),
		}},
	)
	return d
}

// Furniture returns a document without content in the look of the portal's
// papers, in the language of ctx: for receipts that are not issued.
func (s *Service) Furniture(ctx context.Context, agency i18n.Words) pdf.Doc {
	d := pdf.Doc{
		Lang: "ru-RU", Portal: i18n.T(ctx, "document.portal"), Agency: agency.In(ctx),
		PageOf: func(page, pages int) string {
			return i18n.T(ctx, "document.page_of", "page", page, "pages", pages)
		},
	}
	if i18n.LangOf(ctx) == i18n.EN {
		d.Lang = "en-GB"
	}
	if s.cfg.Demo {
		d.Banner = i18n.T(ctx, "document.demo")
	}
	return d
}

// Issue gives the account the prepared document, in tx, once per source: when
// there is one already, it stays, and its ID is returned.
func (s *Service) Issue(ctx context.Context, tx *sqldb.DB, account string, r Ready) (file string, err error) {
	if r.file.Account != account {
		return "", ErrNone
	}
	first, err := s.insertIssued(ctx, tx, account, r.file.ID, r.source, r.facts)
	if err != nil {
		return "", fmt.Errorf("issuing for %s: %w", r.source, err)
	}
	if !first {
		if err := jobs.Add(ctx, tx, erase{r.file.blob}); err != nil {
			return "", err
		}
		return issuedBySource(ctx, tx, account, r.source)
	}
	// What we write ourselves is not scanned.
	if err := s.insertFile(ctx, tx, r.file, false); err != nil {
		return "", err
	}
	p := place{account, r.file.ID}
	if err := errors.Join(
		s.insertLookup(ctx, tx, lookupCode, normalCode(r.code), p),
		s.insertLookup(ctx, tx, lookupContent, string(r.file.SHA256[:]), p),
	); err != nil {
		return "", fmt.Errorf("issuing for %s: %w", r.source, err)
	}
	return r.file.ID, audit.Record(ctx, tx, s.now(), audit.Entry{
		Owner: account, Actor: audit.Portal(), Act: "document.audit_issued", Object: "document/" + r.file.ID,
	})
}

// BySource returns the document issued for a source. It returns ErrNone.
func (s *Service) BySource(ctx context.Context, account, source string) (File, error) {
	file, err := issuedBySource(ctx, s.db, account, source)
	if err != nil {
		return File{}, err
	}
	return s.File(ctx, account, file)
}

// codeAlphabet leaves out letters that are read as digits or other letters.
const codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// code returns the code of the account's document for a source: 80 bits that
// only the holder of the portal's key can make, in four groups. It is made, not
// stored, so that every try to issue prints the same one.
func (s *Service) code(account, source string) string {
	mac := s.cfg.Keys.MAC("document.code", []byte(account+"\x00"+source))
	text := base32.NewEncoding(codeAlphabet).WithPadding(base32.NoPadding).EncodeToString(mac[:10])
	return text[0:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16]
}

func (s *Service) verifyURL(code string) string { return s.cfg.PublicURL + "/verify/" + code }

// normalCode brings a code as typed to its one form: without what separates,
// in capitals, with Latin letters for the Russian ones that look the same.
func normalCode(typed string) string {
	return strings.NewReplacer(
		"-", "", " ", "", "\u00a0", "", "–", "", "—", "",
		"А", "A", "В", "B", "Е", "E", "К", "K", "М", "M", "Н", "H", "Р", "P", "С", "C", "Т", "T", "Х", "X",
		"О", "0", "O", "0", "I", "1", "L", "1", "З", "3",
	).Replace(strings.ToUpper(strings.TrimSpace(typed)))
}

// initials shortens a full name to «С. М. А.».
func initials(name string) string {
	var out []string
	for part := range strings.FieldsSeq(name) {
		r, _ := utf8.DecodeRuneInString(part)
		out = append(out, strings.ToUpper(string(r))+".")
	}
	return strings.Join(out, " ")
}

// Verify returns what the document with a code says. It returns ErrNoCode.
func (s *Service) Verify(ctx context.Context, code string) (Facts, error) {
	normal := normalCode(code)
	if len(normal) != 16 {
		return Facts{}, ErrNoCode
	}
	p, err := s.lookUp(ctx, lookupCode, normal)
	if errors.Is(err, ErrNone) {
		return Facts{}, ErrNoCode
	}
	if err != nil {
		return Facts{}, fmt.Errorf("checking a code: %w", err)
	}
	row, err := s.issuedByID(ctx, s.db, p.account, p.file)
	return row.facts, err
}

// State is what came out of checking a file.
type State string

const (
	Genuine    State = "genuine"  // byte for byte what was issued
	Sealed     State = "sealed"   // bears the operator's seal, unchanged, but is not among issued documents
	Changed    State = "changed"  // the operator's document, or made to look so, with other bytes
	NotOurs    State = "not_ours" // no seal of the operator
	OtherPaper State = "other"    // genuine, but not the document with that code
)

// Verdict is the result of checking a file.
type Verdict struct {
	State State
	Facts Facts          // of Genuine and OtherPaper
	Seal  signature.Seal // of Sealed
}

// CheckSize is the largest file that is checked, in bytes.
const CheckSize = 10 << 20

const (
	// checkWait is how long a check waits for its turn.
	checkWait = 10 * time.Second
	// checkRead is how long a file may take to arrive while it holds a turn:
	// whoever sends on purpose slowly must not keep all others from checking.
	checkRead = 30 * time.Second
)

// Check tells whether a file in somebody's hands is what was issued; with a
// code, whether it is the document of that code. It keeps nothing of the file.
// It returns ErrCheckSize, ErrCheckBusy, ErrMissing, ErrCutOff and ErrNoCode.
func (s *Service) Check(ctx context.Context, code string, read func(limit int64) ([]byte, error)) (Verdict, error) {
	wait := time.NewTimer(checkWait)
	defer wait.Stop()
	select {
	case s.checks <- struct{}{}:
		defer func() { <-s.checks }()
	case <-wait.C:
		return Verdict{}, ErrCheckBusy
	case <-ctx.Done():
		return Verdict{}, ctx.Err()
	}
	file, err := read(CheckSize)
	if err != nil {
		return Verdict{}, err
	}
	if code != "" {
		if _, err := s.Verify(ctx, code); err != nil {
			return Verdict{}, err
		}
	}
	sum := sha256.Sum256(file)
	p, err := s.lookUp(ctx, lookupContent, string(sum[:]))
	if err == nil {
		return s.known(ctx, code, p)
	}
	if !errors.Is(err, ErrNone) {
		return Verdict{}, fmt.Errorf("checking a file: %w", err)
	}
	seal, err := s.cfg.Sealer.VerifySeal(file)
	switch {
	case err == nil && seal.Whole && code == "":
		return Verdict{State: Sealed, Seal: seal}, nil
	case errors.Is(err, signature.ErrNoSeal):
		return Verdict{State: NotOurs}, nil
	}
	return Verdict{State: Changed}, nil
}

// known is the verdict on a file that was issued.
func (s *Service) known(ctx context.Context, code string, p place) (Verdict, error) {
	row, err := s.issuedByID(ctx, s.db, p.account, p.file)
	if err != nil {
		return Verdict{}, err
	}
	if code != "" && normalCode(code) != normalCode(s.code(p.account, row.source)) {
		return Verdict{State: OtherPaper, Facts: row.facts}, nil
	}
	return Verdict{State: Genuine, Facts: row.facts}, nil
}

// Said returns what an issued document says, and its code, for its holder. It
// returns ErrNone for uploads too.
func (s *Service) Said(ctx context.Context, account, file string) (facts Facts, code string, err error) {
	row, err := s.issuedByID(ctx, s.db, account, file)
	if err != nil {
		return Facts{}, "", err
	}
	return row.facts, s.code(account, row.source), nil
}

// dayOf words a day written as 2006-01-02.
func dayOf(ctx context.Context, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	// 9:00 UTC is the same day in all time zones of Russia, +2 to +12.
	return i18n.DateFull(ctx, t.Add(9*time.Hour))
}
