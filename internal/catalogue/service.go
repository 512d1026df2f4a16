package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/workcal"
)

// Config is what the catalogue needs.
type Config struct {
	DB       *sqldb.DB
	Files    fs.FS // the folder of services
	Known    Known
	Calendar *workcal.Calendar
	Now      func() time.Time
	Location *time.Location // of the region: which day it is
	Log      *slog.Logger
	// Level tells the level of an account, for the filter «Доступные мне».
	Level func(ctx context.Context, account string) (Level, error)
	// Draft tells the application for a service that an account has begun, nil
	// when there is none.
	Draft func(ctx context.Context, account, code string) (*Draft, error)
}

// Draft is an application that was begun and not sent.
type Draft struct {
	Href  string
	Saved time.Time
}

// Service is the catalogue of one portal.
type Service struct {
	Config
	current atomic.Pointer[Catalogue]
	ready   chan struct{}
	loading sync.Mutex
	queries queries
	cache   cache
}

// New returns a catalogue that is empty until Load or Run.
func New(cfg Config) *Service {
	return &Service{Config: cfg, ready: make(chan struct{})}
}

// Ready is closed when the catalogue has been loaded for the first time.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// retryLoad is the pause before a failed first load is tried again.
const retryLoad = 5 * time.Second

// Run loads the catalogue, again and again until it succeeds or ctx ends. It is
// to be started beside the server.
func (s *Service) Run(ctx context.Context) error {
	for {
		err := s.Load(ctx)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		s.Log.ErrorContext(ctx, "the catalogue could not be loaded", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryLoad):
		}
	}
}

// maxWait is how long a page waits for the first load.
const maxWait = 2 * time.Second

// Catalogue returns the services as they are now. While they are being read
// for the first time it waits up to two seconds and then returns ErrLoading.
func (s *Service) Catalogue(ctx context.Context) (*Catalogue, error) {
	if c := s.current.Load(); c != nil {
		return c, nil
	}
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case <-s.ready:
		return s.current.Load(), nil
	case <-timer.C:
		return nil, ErrLoading
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Load reads the folder, publishes what changed and shows the result. Faulty
// files are logged and leave the version before them in force. It may be called
// again at any time; the pages show the old state until it is done.
func (s *Service) Load(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	f := readFolder(s.Files, s.Known)
	if len(f.issues) > 0 {
		return fmt.Errorf("reading the lists of services: %s", f.issues[0])
	}
	heads, err := latestHeads(ctx, s.DB)
	if err != nil {
		return fmt.Errorf("listing published services: %w", err)
	}
	latest := make(map[string]head, len(heads))
	for _, h := range heads {
		latest[h.code] = h
	}
	var changed []changedFile
	for _, name := range f.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := fs.ReadFile(s.Files, name)
		if err != nil {
			return fmt.Errorf("reading a service: %w", err)
		}
		hash := contentHash(data)
		if latest[codeOf(name)].hash == hash {
			continue
		}
		if changed = append(changed, changedFile{name, hash, data}); len(changed) == publishAtOnce {
			if err := s.publishFiles(ctx, f, changed, latest); err != nil {
				return err
			}
			changed = nil
		}
	}
	if err := s.publishFiles(ctx, f, changed, latest); err != nil {
		return err
	}
	records, err := s.records(ctx, f, latest)
	if err != nil {
		return err
	}
	if s.current.Swap(newCatalogue(records, f.lists, f.agencies)) == nil {
		close(s.ready)
	}
	return nil
}

func codeOf(file string) string { return strings.TrimSuffix(path.Base(file), ".yaml") }

// contentHash is the same for a file with either kind of line ends.
func contentHash(data []byte) string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(string(data), "\r\n", "\n")))
	return hex.EncodeToString(sum[:])
}

// changedFile is a service file that is not as it was published.
type changedFile struct {
	name, hash string
	data       []byte
}

// publishFiles publishes those of the files that are without faults. They are
// checked on all cores: to understand a definition takes a thousand times as
// long as to store it.
func (s *Service) publishFiles(ctx context.Context, f *folder, files []changedFile, latest map[string]head) error {
	made := make([]publication, len(files))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range files {
		g.Go(func() error {
			d, src := f.definition(file.name, file.data)
			if len(src.issues) > 0 {
				s.Log.ErrorContext(ctx, "a service is faulty and was not published", "fault", src.issues[0].String(), "faults", len(src.issues))
				return nil
			}
			var err error
			made[i], err = newPublication(d, file.hash, file.data)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return s.publish(ctx, slices.DeleteFunc(made, func(p publication) bool { return p.code == "" }), latest)
}

// publication is a version to be.
type publication struct {
	head
	text []byte
}

func newPublication(d *Definition, hash string, text []byte) (publication, error) {
	card, err := json.Marshal(newRecord(d))
	if err != nil {
		return publication{}, fmt.Errorf("storing the card of %s: %w", d.Code, err)
	}
	return publication{head{code: d.Code, hash: hash, card: string(card)}, text}, nil
}

// publishAtOnce is how many versions one transaction makes: the writer of the
// database is not held for long.
const publishAtOnce = 100

// publish makes the next versions and notes them in latest. Another process
// that published the same content meanwhile is noticed.
func (s *Service) publish(ctx context.Context, changed []publication, latest map[string]head) error {
	if len(changed) == 0 {
		return nil
	}
	made := make([]head, len(changed))
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		if err := tx.Lock(ctx, "service_version"); err != nil {
			return err
		}
		for i, p := range changed {
			h, err := s.publishOne(ctx, tx, p)
			if err != nil {
				return fmt.Errorf("publishing %s: %w", p.code, err)
			}
			made[i] = h
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, h := range made {
		latest[h.code] = h
	}
	return nil
}

func (s *Service) publishOne(ctx context.Context, tx *sqldb.DB, p publication) (head, error) {
	last, err := latestHead(ctx, tx, p.code)
	if err != nil && !errors.Is(err, sqldb.ErrNoRow) {
		return head{}, err
	}
	if last.hash == p.hash {
		return last, nil
	}
	p.version = last.version + 1
	return p.head, insertVersion(ctx, tx, p.head, p.text, s.Now())
}

// records reads the stored cards of the services whose files are there.
func (s *Service) records(ctx context.Context, f *folder, latest map[string]head) ([]record, error) {
	records := make([]record, 0, len(f.files))
	for _, name := range f.files {
		h, ok := latest[codeOf(name)]
		if !ok {
			continue // never was without faults
		}
		var r record
		if err := json.Unmarshal([]byte(h.card), &r); err != nil || r.Format != recordFormat {
			if r, err = s.renewCard(ctx, h); err != nil {
				return nil, err
			}
		}
		r.Version = h.version
		records = append(records, r)
	}
	return records, nil
}

// renewCard makes the card of a version anew after the program changed what
// cards hold.
func (s *Service) renewCard(ctx context.Context, h head) (record, error) {
	d, err := s.read(ctx, h.code, h.version)
	if err != nil {
		return record{}, err
	}
	r := newRecord(d)
	card, err := json.Marshal(r)
	if err != nil {
		return record{}, fmt.Errorf("storing the card of %s: %w", h.code, err)
	}
	h.card = string(card)
	if err := updateCard(ctx, s.DB, h); err != nil {
		return record{}, fmt.Errorf("storing the card of %s: %w", h.code, err)
	}
	return r, nil
}

// Current returns the definition of a service that is offered, at its latest
// version, or ErrNoService. The definition must not be changed.
func (s *Service) Current(ctx context.Context, code string) (*Definition, error) {
	c, err := s.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	card, ok := c.Card(code)
	if !ok {
		return nil, ErrNoService
	}
	return s.Definition(ctx, code, card.Version)
}

// Definition returns a version of a service, offered or not, or ErrNoService.
// The definition must not be changed.
func (s *Service) Definition(ctx context.Context, code string, version int) (*Definition, error) {
	key := cacheKey{code, version}
	if d := s.cache.get(key); d != nil {
		return d, nil
	}
	d, err := s.read(ctx, code, version)
	if err != nil {
		return nil, err
	}
	s.cache.put(key, d)
	return d, nil
}

// read decodes a stored version. It was without faults when it was published,
// so rules that came later are not applied to it.
func (s *Service) read(ctx context.Context, code string, version int) (*Definition, error) {
	text, err := definitionOf(ctx, s.DB, code, version)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, ErrNoService
	}
	if err != nil {
		return nil, fmt.Errorf("reading service %s version %d: %w", code, version, err)
	}
	d, err := decodeStored(text)
	if err != nil {
		return nil, fmt.Errorf("reading service %s version %d: %w", code, version, err)
	}
	d.Version = version
	return d, nil
}

// Due returns when the answer comes at the latest if the service is applied for
// at this moment.
func (s *Service) Due(t Term) (workcal.Due, error) {
	return t.Due(s.Calendar, s.Now().In(s.Location))
}
