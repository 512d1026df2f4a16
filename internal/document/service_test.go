package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/pdf"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/signature"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const alice, bob = "alice0000000000000000000aa", "bob000000000000000000000bb"

type bench struct {
	*Service
	dir    string // of the database and the files
	runner *jobs.Runner
}

func newTest(t testing.TB) bench {
	t.Helper()
	dir, keys := t.TempDir(), secrettest.New(t)
	blobs, err := blob.Open(filepath.Join(dir, "files"), keys)
	if err != nil {
		t.Fatal(err)
	}
	a, err := signature.NewDemoAuthority(noon)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := signature.NewSealer(a.Key, a.Chain)
	if err != nil {
		t.Fatal(err)
	}
	cat, err := i18n.NewCatalogue(ui.Texts, Texts)
	if err != nil {
		t.Fatal(err)
	}
	db := sqldbtest.New(t, jobs.Schema(), limit.Schema(), audit.Schema(), Schema())
	now := func() time.Time { return noon }
	s := New(Config{DB: db, Keys: keys, Blobs: blobs, Sealer: sealer, Catalogue: cat, Limiter: limit.New(db, now, keys, nil),
		PublicURL: "https://kabinet.example.test", Demo: true, Now: now, Source: func(r *http.Request) string { return r.RemoteAddr }})
	runner := jobs.NewRunner(db, now, 1)
	s.Jobs(runner)
	return bench{s, dir, runner}
}

func (s bench) upload(t testing.TB, account, name string, file []byte) File {
	t.Helper()
	f, err := s.Upload(t.Context(), account, name, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// stored counts files in the store.
func (s bench) stored(t testing.TB) (n int) {
	t.Helper()
	filepath.WalkDir(filepath.Join(s.dir, "files"), func(_ string, d fs.DirEntry, _ error) error {
		if d.Type().IsRegular() {
			n++
		}
		return nil
	})
	return n
}

func (s bench) paper(source string) Paper {
	return Paper{
		Source: source, Title: i18n.Words{RU: "Справка о доходах за 2025 год", EN: "Income certificate for 2025"},
		Agency: i18n.Words{RU: "Налоговая служба", EN: "Tax service"}, Number: "2026-000124", Holder: "Соколова Мария Андреевна",
		Until: "2027-02-21", Made: noon, Reason: i18n.Words{RU: "По заявлению № 2026-000124"},
		Body: []pdf.Block{pdf.Pairs{{Label: "Заявитель", Value: "Соколова Мария Андреевна"}}},
	}
}

// issue prepares and issues a paper.
func (s bench) issue(t testing.TB, account, source string) File {
	t.Helper()
	ready, err := s.Prepare(t.Context(), account, s.paper(source))
	if err != nil {
		t.Fatal(err)
	}
	var file string
	if err := s.db.Tx(t.Context(), func(tx *sqldb.DB) (err error) {
		file, err = s.Issue(t.Context(), tx, account, ready)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	f, err := s.File(t.Context(), account, file)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (s bench) read(t testing.TB, account, file string) []byte {
	t.Helper()
	_, r, err := s.Open(t.Context(), account, file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Proves: G-01
func TestAnUploadComesBackAsItWasAndIsTheOwnersOnly(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	file := aPDF(t)
	f := s.upload(t, alice, `C:\Договор аренды.PDF`, file)
	if f.Name != "Договор аренды.pdf" || f.Status != StatusUploaded || f.Format != PDF || f.Size != int64(len(file)) {
		t.Errorf("%+v", f)
	}
	if got := s.read(t, alice, f.ID); !bytes.Equal(got, file) {
		t.Error("other bytes came back")
	}
	for name, err := range map[string]error{
		"File":   second(s.File(t.Context(), bob, f.ID)),
		"Open":   third(s.Open(t.Context(), bob, f.ID)),
		"Change": s.Change(t.Context(), bob, f.ID, "x", Other),
		"Delete": s.Delete(t.Context(), bob, f.ID),
		"Attach": s.db.Tx(t.Context(), func(tx *sqldb.DB) error { return s.Attach(t.Context(), tx, bob, "application/1", f.ID) }),
		"Said":   third(s.Said(t.Context(), bob, f.ID)),
	} {
		if !errors.Is(err, ErrNone) {
			t.Errorf("%s of another's file: %v, want ErrNone", name, err)
		}
	}
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

// Proves: G-03
func TestARefusedUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	for name, tt := range map[string]struct {
		name, file string
		want       error
	}{
		"an exe named pdf": {"a.pdf", "MZ\x90\x00", ErrFormat},
		"a pdf named exe":  {"a.pdf.exe", string(aPDF(t)), ErrFormat},
		"html named jpg":   {"a.jpg", "<html>", ErrFormat},
		"nothing":          {"a.pdf", "", ErrEmpty},
		"six megabytes":    {"a.pdf", "%PDF-1.4\n" + strings.Repeat("x", 6<<20), ErrTooLarge},
		"half a photo":     {"a.jpg", string(aJPEG(t)[:4000]), ErrBroken},
	} {
		if _, err := s.Upload(t.Context(), alice, tt.name, strings.NewReader(tt.file)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if page, err := s.List(t.Context(), alice, Query{}); err != nil || len(page.Files) != 0 {
		t.Errorf("%d files listed (%v)", len(page.Files), err)
	}
	if n := s.stored(t); n != 0 {
		t.Errorf("%d files left in the store", n)
	}
}

func TestAFileToMendIsKeptAndCannotBeAttached(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	good := aPDF(t)
	f := s.upload(t, alice, "a.pdf", good[:len(good)-300])
	if f.Status != StatusClarify || f.Flaw != CutOff {
		t.Errorf("%+v", f)
	}
	err := s.db.Tx(t.Context(), func(tx *sqldb.DB) error { return s.Attach(t.Context(), tx, alice, "application/1", f.ID) })
	if !errors.Is(err, ErrFlawed) {
		t.Errorf("%v, want ErrFlawed", err)
	}
}

// Proves: R-03
func TestNothingReadableLiesOnTheDisk(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	s.upload(t, alice, "Соколова паспорт 00 00 123456.jpg", append(aJPEG(t), "Соколова"...))
	s.upload(t, alice, "договор.pdf", append([]byte("%PDF-1.4\nСоколова Мария 112-233-445 95\n"), aPDF(t)...))
	f := s.issue(t, alice, "application/1/result")
	_, code, err := s.Said(t.Context(), alice, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	look := func(p string, d fs.DirEntry, _ error) error {
		if !d.Type().IsRegular() {
			return nil
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		looked++
		for _, canary := range []string{"Соколова", "123456", "112-233-445", "Мария", "С. М. А.", code, normalCode(code), "Справка", "2026-000124", "%PDF"} {
			if bytes.Contains(raw, []byte(canary)) {
				t.Errorf("%s holds %q", filepath.Base(p), canary)
			}
		}
		return nil
	}
	if err := filepath.WalkDir(s.dir, look); err != nil {
		t.Fatal(err)
	}
	if looked != 3 {
		t.Errorf("looked into %d files, want the 3 stored ones", looked)
	}
	rows, err := sqldb.All(t.Context(), s.db, func(r sqldb.Row) (all []byte, err error) {
		var name, facts []byte
		err = r.Scan(&name, &facts)
		return append(name, facts...), err
	}, `SELECT f.name, coalesce(i.facts, f.name) FROM document_file f LEFT JOIN document_issued i ON i.account = f.account AND i.id = f.id`)
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, raw := range rows {
		for _, canary := range []string{"Соколова", "договор", "Справка", "С. М. А.", "2026-000124"} {
			if bytes.Contains(raw, []byte(canary)) {
				t.Errorf("a row holds %q", canary)
			}
		}
	}
}

// damage changes a bit in each stored file.
func (s bench) damage(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(s.dir, "files"), func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		raw[len(raw)/2] ^= 1
		return os.WriteFile(p, raw, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatChangedInTheStoreIsNotShown(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	f := s.upload(t, alice, "a.pdf", aPDF(t))
	s.damage(t)
	if _, _, err := s.Open(t.Context(), alice, f.ID); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v, want ErrDamaged", err)
	}
	if err := s.cfg.Blobs.Delete(f.blob); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Open(t.Context(), alice, f.ID); !errors.Is(err, ErrDamaged) {
		t.Errorf("lost: %v, want ErrDamaged", err)
	}
}

// Proves: R-08
func TestHashesSealsAndTheStoreAreChecked(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	f := s.issue(t, alice, "application/1/result")
	if seal, err := s.cfg.Sealer.VerifySeal(s.read(t, alice, f.ID)); err != nil || !seal.Whole {
		t.Errorf("the seal: %+v, %v", seal, err)
	}
	s.damage(t)
	if _, _, err := s.Open(t.Context(), alice, f.ID); !errors.Is(err, ErrDamaged) {
		t.Errorf("opening: %v, want ErrDamaged", err)
	}
	found := func() (n int) {
		lines, err := audit.List(t.Context(), s.db, audit.Query{Owner: alice, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if l.Act == "document.audit_damaged" && l.Object == "document/"+f.ID {
				n++
			}
		}
		return n
	}
	for _, tt := range []struct {
		name string
		now  time.Time
		want int
	}{
		{"the day it was stored", noon, 0},
		{"after a month", noon.Add(inspectAge + time.Hour), 1},
		{"after two months, no news", noon.Add(2*inspectAge + 2*time.Hour), 1},
	} {
		s.now = func() time.Time { return tt.now }
		if err := s.Inspect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := found(); n != tt.want {
			t.Errorf("%s: %d lines of damage, want %d", tt.name, n, tt.want)
		}
	}
}

func TestADeletedFileIsGoneAndAnAttachedOneStays(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	gone, kept := s.upload(t, alice, "a.pdf", aPDF(t)), s.upload(t, alice, "b.pdf", aPDF(t))
	attach := func(tx *sqldb.DB) error { return s.Attach(t.Context(), tx, alice, "application/1", kept.ID) }
	for range 2 { // attaching again changes nothing
		if err := s.db.Tx(t.Context(), attach); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Delete(t.Context(), alice, gone.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), alice, kept.ID); !errors.Is(err, ErrAttached) {
		t.Errorf("%v, want ErrAttached", err)
	}
	if err := s.runner.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.File(t.Context(), alice, gone.ID); !errors.Is(err, ErrNone) {
		t.Errorf("%v, want ErrNone", err)
	}
	if n := s.stored(t); n != 1 {
		t.Errorf("%d files in the store, want 1", n)
	}
	if f, err := s.File(t.Context(), alice, kept.ID); err != nil || !f.Attached {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestOfDeletingAndAttachingAtOnceOneWins(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	for range 10 {
		f := s.upload(t, alice, "a.pdf", aPDF(t))
		var deleted, attached error
		var wg sync.WaitGroup
		wg.Go(func() { deleted = s.Delete(t.Context(), alice, f.ID) })
		wg.Go(func() {
			attached = s.db.Tx(t.Context(), func(tx *sqldb.DB) error { return s.Attach(t.Context(), tx, alice, "application/1", f.ID) })
		})
		wg.Wait()
		if (deleted == nil) == (attached == nil) {
			t.Errorf("deleting: %v, attaching: %v", deleted, attached)
		}
	}
}

func TestChangingNameAndType(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	f := s.upload(t, alice, "scan.jpg", aJPEG(t))
	if err := s.Change(t.Context(), alice, f.ID, "Паспорт\u202e/стр. 2", Passport); err != nil {
		t.Fatal(err)
	}
	got, err := s.File(t.Context(), alice, f.ID)
	if err != nil || got.Name != "стр. 2.jpg" || got.Type != Passport {
		t.Errorf("%+v, %v", got, err)
	}
	issued := s.issue(t, alice, "application/1/result")
	if err := s.Change(t.Context(), alice, issued.ID, "x", Other); !errors.Is(err, ErrIssued) {
		t.Errorf("%v, want ErrIssued", err)
	}
	if err := s.Delete(t.Context(), alice, issued.ID); !errors.Is(err, ErrIssued) {
		t.Errorf("%v, want ErrIssued", err)
	}
}

func TestFilesAreFoundFilteredAndSorted(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	add := func(name string, kind Type, file []byte) string {
		f, err := s.UploadAs(t.Context(), alice, kind, name, bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		return f.ID
	}
	good := aPDF(t)
	lease := add("Договор аренды.pdf", Contract, good)
	photo := add("Ёлка.png", Photo, aPNG(t))
	cutOff := add("акт.pdf", Other, good[:len(good)-200])
	result := s.issue(t, alice, "application/1/result").ID
	s.upload(t, bob, "Договор Боба.pdf", good)
	for name, tt := range map[string]struct {
		q    Query
		want []string
	}{
		"all, the newest first":    {Query{}, []string{result, cutOff, photo, lease}},
		"the oldest first":         {Query{Order: Oldest}, []string{lease, photo, cutOff, result}},
		"by name":                  {Query{Order: ByName}, []string{cutOff, lease, photo, result}},
		"the largest first":        {Query{Order: BySize}, []string{photo, result, lease, cutOff}},
		"part of a name, any case": {Query{Text: "АРЕНД"}, []string{lease}},
		"е finds ё":                {Query{Text: "елк"}, []string{photo}},
		"nothing of the kind":      {Query{Text: "боба"}, nil},
		"of a type":                {Query{Type: Photo}, []string{photo}},
		"of a status":              {Query{Status: StatusClarify}, []string{cutOff}},
		"issued":                   {Query{Kind: Issued}, []string{result}},
		"since tomorrow":           {Query{Since: noon.Add(24 * time.Hour)}, nil},
		"since today":              {Query{Since: noon.Add(-time.Hour)}, []string{result, cutOff, photo, lease}},
		"after one":                {Query{After: cutOff}, []string{photo, lease}},
		"after one, by name":       {Query{Order: ByName, After: lease}, []string{photo, result}},
		"all at once":              {Query{Text: "договор", Kind: Uploaded, Type: Contract, Status: StatusUploaded}, []string{lease}},
	} {
		page, err := s.List(t.Context(), alice, tt.q)
		var got []string
		for _, f := range page.Files {
			got = append(got, f.ID)
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v (%v)", name, got, tt.want, err)
		}
	}
}

func TestALongListComesInPagesWithoutGapsOrRepeats(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	for i := range PageSize*2 + 3 {
		s.upload(t, alice, fmt.Sprintf("f%02d.pdf", i), aPDF(t))
	}
	for _, order := range Orders() {
		seen := map[string]bool{}
		q := Query{Order: order}
		pages, last := 0, ""
		for more := true; more; pages++ {
			page, err := s.List(t.Context(), alice, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range page.Files {
				if seen[f.ID] {
					t.Errorf("%s: %s twice", order, f.Name)
				}
				seen[f.ID] = true
				q.After = f.ID
			}
			more = page.After
			if page.Before != (pages > 0) {
				t.Errorf("%s: page %d says that files before it: %v", order, pages, page.Before)
			}
			if pages == 2 {
				back, err := s.List(t.Context(), alice, Query{Order: order, Before: page.Files[0].ID})
				if err != nil || len(back.Files) != PageSize || !back.Before || !back.After || back.Files[PageSize-1].ID != last {
					t.Errorf("%s: the page before the last has %d files, %v", order, len(back.Files), err)
				}
			}
			last = q.After
		}
		if len(seen) != PageSize*2+3 || pages != 3 {
			t.Errorf("%s: %d files on %d pages", order, len(seen), pages)
		}
	}
}

func TestAFullAccountTakesNoMore(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	f := s.upload(t, alice, "a.pdf", aPDF(t))
	if _, err := s.db.Exec(t.Context(), `UPDATE document_file SET size = $1 WHERE id = $2`, int64(MaxTotal), f.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Upload(t.Context(), alice, "b.pdf", bytes.NewReader(aPDF(t))); !errors.Is(err, ErrFull) {
		t.Errorf("%v, want ErrFull", err)
	}
	if n := s.stored(t); n != 1 {
		t.Errorf("%d files in the store, want 1", n)
	}
	s.upload(t, bob, "b.pdf", aPDF(t))
}

// daemon answers like clamd: it reads an INSTREAM and finds EICAR in it.
func daemon(t *testing.T, answer func(content []byte) string) *Clamd {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				head := make([]byte, len("zINSTREAM\x00"))
				io.ReadFull(conn, head)
				var content []byte
				for {
					var size [4]byte
					if _, err := io.ReadFull(conn, size[:]); err != nil {
						return
					}
					n := int(size[0])<<24 | int(size[1])<<16 | int(size[2])<<8 | int(size[3])
					if n == 0 {
						break
					}
					piece := make([]byte, n)
					io.ReadFull(conn, piece)
					content = append(content, piece...)
				}
				io.WriteString(conn, answer(content))
			}()
		}
	}()
	c, err := NewClamd("tcp:"+l.Addr().String(), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Proves: G-03
func TestTheVirusScannerDecides(t *testing.T) {
	t.Parallel()
	const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`
	s := newTest(t)
	s.cfg.Scanner = daemon(t, func(content []byte) string {
		if bytes.Contains(content, []byte(eicar)) {
			return "stream: Eicar-Test-Signature FOUND\x00"
		}
		return "stream: OK\x00"
	})
	s.upload(t, alice, "a.pdf", aPDF(t))
	sick := bytes.Replace(aPDF(t), []byte("\n"), []byte("\n%"+eicar+"\n"), 1)
	if _, err := s.Upload(t.Context(), alice, "b.pdf", bytes.NewReader(sick)); !errors.Is(err, ErrInfected) {
		t.Errorf("%v, want ErrInfected", err)
	}
	s.cfg.Scanner = daemon(t, func([]byte) string { return "INSTREAM size limit exceeded. ERROR\x00" })
	if _, err := s.Upload(t.Context(), alice, "b.pdf", bytes.NewReader(aPDF(t))); !errors.Is(err, ErrScanner) {
		t.Errorf("%v, want ErrScanner", err)
	}
	s.cfg.Scanner, _ = NewClamd("unix:"+filepath.Join(t.TempDir(), "none"), time.Second)
	if _, err := s.Upload(t.Context(), alice, "b.pdf", bytes.NewReader(aPDF(t))); !errors.Is(err, ErrScanner) || fault.Of(err).Kind != fault.Unavailable {
		t.Errorf("%v, want ErrScanner", err)
	}
	if n := s.stored(t); n != 1 {
		t.Errorf("%d files in the store, want 1", n)
	}
	if _, err := NewClamd("http://x", 0); err == nil {
		t.Error("a wrong address was accepted")
	}
}

// Proves: G-12, G-25
func TestADocumentIsIssuedOnceAndSealed(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	first := s.issue(t, alice, "application/1/result")
	again := s.issue(t, alice, "application/1/result")
	if first.ID != again.ID || first.Status != StatusSigned || first.Until != "2027-02-21" || first.Name != "Справка о доходах за 2025 год № 2026-000124.pdf" {
		t.Errorf("%+v\n%+v", first, again)
	}
	if other := s.issue(t, bob, "application/1/result"); other.ID == first.ID {
		t.Error("two people share a document")
	}
	if err := s.runner.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.stored(t); n != 2 {
		t.Errorf("%d files in the store, want 2: the second try of one is erased", n)
	}
	seal, err := s.cfg.Sealer.VerifySeal(s.read(t, alice, first.ID))
	if err != nil || !seal.Whole || !seal.At.Equal(noon) {
		t.Errorf("%+v, %v", seal, err)
	}
	if by, err := s.BySource(t.Context(), alice, "application/1/result"); err != nil || by.ID != first.ID {
		t.Errorf("%+v, %v", by, err)
	}
	if _, err := s.BySource(t.Context(), bob, "application/2/result"); !errors.Is(err, ErrNone) {
		t.Errorf("%v, want ErrNone", err)
	}
}

func TestFiftyTriesAtOnceIssueOneDocument(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	ids := make([]string, 50)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			ready, err := s.Prepare(context.Background(), alice, s.paper("application/1/result"))
			if err == nil {
				err = s.db.Tx(context.Background(), func(tx *sqldb.DB) (err error) {
					ids[i], err = s.Issue(context.Background(), tx, alice, ready)
					return err
				})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ids = slices.Compact(ids); len(ids) != 1 {
		t.Errorf("issued %v", ids)
	}
	page, err := s.List(t.Context(), alice, Query{})
	if err != nil || len(page.Files) != 1 {
		t.Errorf("%d files listed (%v)", len(page.Files), err)
	}
}

func TestWhatWasPreparedForOneIsNotIssuedToAnother(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	ready, err := s.Prepare(t.Context(), alice, s.paper("application/1/result"))
	if err != nil {
		t.Fatal(err)
	}
	err = s.db.Tx(t.Context(), func(tx *sqldb.DB) error {
		_, err := s.Issue(t.Context(), tx, bob, ready)
		return err
	})
	if !errors.Is(err, ErrNone) {
		t.Errorf("%v, want ErrNone", err)
	}
	if err := s.Discard(ready); err != nil || s.stored(t) != 0 {
		t.Errorf("%d files left, %v", s.stored(t), err)
	}
}

func TestACodeTellsWhatThePaperShowsAndNoMore(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	f := s.issue(t, alice, "application/1/result")
	facts, code, err := s.Said(t.Context(), alice, f.ID)
	if err != nil || len(code) != 19 {
		t.Fatalf("%q, %v", code, err)
	}
	for _, typed := range []string{code, strings.ToLower(code), " " + strings.ReplaceAll(code, "-", " ") + " ", strings.ReplaceAll(code, "-", ""),
		strings.NewReplacer("A", "А", "B", "В", "C", "С", "E", "Е", "H", "Н", "K", "К", "M", "М", "P", "Р", "T", "Т", "X", "Х", "0", "О").Replace(code)} {
		got, err := s.Verify(t.Context(), typed)
		if err != nil || got != facts {
			t.Errorf("%q: %+v, %v", typed, got, err)
		}
	}
	if facts.Initials != "С. М. А." || facts.Number != "2026-000124" || strings.Contains(fmt.Sprint(facts), "Соколова") {
		t.Errorf("%+v", facts)
	}
	if facts.Expired(noon) || !facts.Expired(noon.AddDate(0, 4, 0)) {
		t.Error("validity is told wrong")
	}
	for _, typed := range []string{"", "x", "0000-0000-0000-0000", code[:18], code + "0", strings.Repeat("A", 10_000), "'; DROP TABLE document_file; --"} {
		if _, err := s.Verify(t.Context(), typed); !errors.Is(err, ErrNoCode) {
			t.Errorf("%.20q: %v, want ErrNoCode", typed, err)
		}
	}
}

func TestAFileInHandIsToldGenuineOrNot(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	f, g := s.issue(t, alice, "application/1/result"), s.issue(t, alice, "application/2/result")
	file := s.read(t, alice, f.ID)
	_, code, _ := s.Said(t.Context(), alice, f.ID)
	_, otherCode, _ := s.Said(t.Context(), alice, g.ID)
	unregistered, err := s.cfg.Sealer.Seal(aPDF(t), signature.Reason{Text: "Квитанция"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(file)
	changed[len(changed)/3] ^= 1
	for name, tt := range map[string]struct {
		code string
		file []byte
		want State
	}{
		"as issued":                          {"", file, Genuine},
		"as issued, with its code":           {code, file, Genuine},
		"as issued, with another's code":     {otherCode, file, OtherPaper},
		"one bit changed":                    {"", changed, Changed},
		"one bit changed, with its code":     {code, changed, Changed},
		"something appended":                 {"", append(bytes.Clone(file), "\n%comment"...), Changed},
		"cut":                                {"", file[:len(file)-10], Changed},
		"sealed but not issued":              {"", unregistered, Sealed},
		"sealed but not issued, with a code": {code, unregistered, Changed},
		"somebody's pdf":                     {"", aPDF(t), NotOurs},
		"somebody's pdf, with a code":        {code, aPDF(t), NotOurs},
		"nothing of the kind":                {"", []byte("hello"), NotOurs},
	} {
		got, err := s.Check(t.Context(), tt.code, func(int64) ([]byte, error) { return tt.file, nil })
		if err != nil || got.State != tt.want {
			t.Errorf("%s: %q, %v; want %q", name, got.State, err, tt.want)
		}
	}
	if _, err := s.Check(t.Context(), "no such code", func(int64) ([]byte, error) { return file, nil }); !errors.Is(err, ErrNoCode) {
		t.Errorf("%v, want ErrNoCode", err)
	}
}

func TestThePaperCarriesItsCodeAndSaysItIsForDemonstration(t *testing.T) {
	t.Parallel()
	s := newTest(t)
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		ctx := s.cfg.Catalogue.With(t.Context(), lang, time.UTC, noon)
		p := s.paper("application/1/result")
		d := s.letter(ctx, p, "AAAA-BBBB-CCCC-DDDD")
		want := map[i18n.Lang]string{i18n.RU: "Демонстрационный документ", i18n.EN: "Demonstration document"}[lang]
		qr := d.Blocks[len(d.Blocks)-1].(pdf.QR)
		if d.Banner != want || qr.Content != "https://kabinet.example.test/verify/AAAA-BBBB-CCCC-DDDD" || !strings.Contains(fmt.Sprint(qr.Lines), "AAAA-BBBB-CCCC-DDDD") {
			t.Errorf("%s: %+v", lang, d)
		}
	}
}

// halfway is an upload that stops in its middle until the gate opens.
type halfway struct {
	r    io.Reader
	left int
	gate <-chan struct{}
	here *sync.WaitGroup
}

func (h *halfway) Read(p []byte) (int, error) {
	if h.left > 0 && h.left <= len(p) {
		h.here.Done()
		<-h.gate
	}
	n, err := h.r.Read(p[:min(len(p), 32<<10)])
	h.left -= n
	return n, err
}

func TestAHundredUploadsAtOnceTakeLittleMemory(t *testing.T) { // not parallel: it measures
	s := newTest(t)
	file := append(aPDF(t), make([]byte, MaxSize-100_000)...)
	gate := make(chan struct{})
	var here, done sync.WaitGroup
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const uploads = 100
	here.Add(uploads)
	for range uploads {
		done.Go(func() {
			r := &halfway{bytes.NewReader(file), len(file) / 2, gate, &here}
			if _, err := s.Upload(context.Background(), alice, "a.pdf", r); err != nil {
				t.Error(err)
			}
		})
	}
	here.Wait()
	runtime.GC()
	runtime.ReadMemStats(&during)
	close(gate)
	done.Wait()
	const limit = 25 << 20 // of the 30 MiB that the portal as a whole may take for them
	if used := int64(during.HeapAlloc) - int64(before.HeapAlloc); used > limit {
		t.Errorf("%d uploads of 5 MB take %d KiB, want at most %d", uploads, used>>10, limit>>10)
	}
}

func BenchmarkUpload1MB(b *testing.B) {
	s := newTest(b)
	file := make([]byte, 1<<20)
	copy(file, "%PDF-1.4\n")
	b.SetBytes(int64(len(file)))
	for i := 0; b.Loop(); i++ {
		// Another account now and then: one that is full takes no more.
		if _, err := s.Upload(b.Context(), fmt.Sprintf("account%d", i/500), "scan.pdf", bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}

func TestACheckDoesNotWaitForItsTurnForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{})
		for range maxChecks {
			s.checks <- struct{}{}
		}
		_, err := s.Check(t.Context(), "", func(int64) ([]byte, error) { return nil, errors.New("was read") })
		if !errors.Is(err, ErrCheckBusy) {
			t.Errorf("%v, want ErrCheckBusy", err)
		}
	})
}
