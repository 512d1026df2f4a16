package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/application"
	"kabinet/internal/catalogue"
	"kabinet/internal/eform"
	"kabinet/internal/person"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/staff"
)

const (
	// signers is how many of the made-up citizens have a password of their own.
	signers = 1000
	// signerShare is how many applications each of these has, before others get
	// their first: their pages are the ones that are measured.
	signerShare = 20
	// seedAtOnce is how many citizens one transaction makes.
	seedAtOnce = 2000
)

type seedCommand struct {
	configFile
	Citizens     int `help:"People to make up: user1@example.test with the password correct-horse-1, and so on." default:"1000"`
	Services     int `help:"Services to write into the folder services of the data folder; 0 leaves those that are configured." default:"0"`
	Applications int `help:"Applications to make up. They need --services, or a folder with the service bench-service." default:"0"`
}

// Run fills the database with made-up people, services and applications, to
// measure with.
func (cmd seedCommand) Run(ctx context.Context, c *console) error {
	cfg, err := cmd.load(c, false)
	if err != nil {
		return err
	}
	if cmd.Services > 0 {
		cfg.Services = filepath.Join(cfg.Data, "services")
		if err := writeServices(cfg.Services, cmd.Services); err != nil {
			return err
		}
		fmt.Fprintf(c.err, "%d services are in %s: serve them with KABINET_SERVICES=%s\n", cmd.Services, cfg.Services, cfg.Services)
	}
	a, err := Open(ctx, cfg, c.err)
	if err != nil {
		return err
	}
	defer a.Close()
	if cmd.Services > 0 || cmd.Applications > 0 {
		if err := a.catalogue.Load(ctx); err != nil {
			return err
		}
	}
	s := seed{App: a, citizens: cmd.Citizens, applications: cmd.Applications, out: c.err, began: time.Now()}
	return s.run(ctx)
}

// seed makes up people and their applications.
type seed struct {
	*App
	citizens     int
	applications int
	out          io.Writer // of the progress
	began        time.Time
	clerks       map[string]application.Clerk // by agency
	services     []*catalogue.Definition
}

func (s *seed) run(ctx context.Context) error {
	own := min(s.citizens, signers)
	passwords := make([]string, own+1)
	for i := range own {
		passwords[i] = fmt.Sprintf("correct-horse-%d", i+1)
	}
	passwords[own] = "correct-horse" // of all others
	hashes, err := s.accounts.HashAll(ctx, passwords)
	if err != nil {
		return err
	}
	if s.applications > 0 {
		if err := s.prepareDesk(ctx); err != nil {
			return err
		}
	}
	for first := 0; first < s.citizens; first += seedAtOnce {
		samples := make([]account.Sample, min(seedAtOnce, s.citizens-first))
		for i := range samples {
			samples[i] = account.Sample{Level: account.Simplified, Email: fmt.Sprintf("user%d@example.test", first+i+1), Hash: hashes[min(first+i, own)]}
		}
		err := s.accounts.MakeMany(ctx, samples, func(ctx context.Context, tx *sqldb.DB, i int, account string) error {
			return s.citizen(ctx, tx, first+i, account)
		})
		if errors.Is(err, sqldb.ErrDuplicate) {
			return errors.New("the database holds made-up people already: begin with an empty data folder")
		}
		if err != nil {
			return err
		}
		s.tell(first + len(samples))
	}
	return nil
}

// tell shows the progress every hundred thousand people, and at the end.
func (s *seed) tell(done int) {
	if done%100_000 < seedAtOnce && done >= 100_000 || done == s.citizens {
		fmt.Fprintf(s.out, "%d of %d people after %.1f s\n", done, s.citizens, time.Since(s.began).Seconds())
	}
}

// prepareDesk chooses the services to apply for and appoints a clerk at each of
// their agencies. The clerks have no password: they stand in cases only.
func (s *seed) prepareDesk(ctx context.Context) error {
	codes := []string{"bench-service"}
	for i := range 20 {
		_, code, _ := madeService(i)
		codes = append(codes, code)
	}
	s.clerks = map[string]application.Clerk{}
	for _, code := range codes {
		def, err := s.catalogue.Current(ctx, code)
		if errors.Is(err, catalogue.ErrNoService) && code != codes[0] {
			continue
		}
		if err != nil {
			return fmt.Errorf("applications are made for the service %s, which --services writes: %w", code, err)
		}
		s.services = append(s.services, def)
		agency := def.Routing.Queue
		if s.clerks[agency].Account != "" {
			continue
		}
		p := madePerson(len(s.clerks))
		made, err := s.makeSample(ctx, sample{phone: fmt.Sprintf("+7900000%04d", 9000+len(s.clerks)), level: account.Simplified, person: p,
			agency: agency, roles: []staff.Role{staff.Clerk}}, "")
		if errors.Is(err, account.ErrTaken) {
			return errors.New("the database holds made-up people already: begin with an empty data folder")
		}
		if err != nil {
			return err
		}
		s.clerks[agency] = application.Clerk{Account: made, Agency: agency, Name: p.ShortName()}
	}
	return nil
}

// citizen adds a person's name and applications to a new account.
func (s *seed) citizen(ctx context.Context, tx *sqldb.DB, i int, acc string) error {
	p := madePerson(i)
	if err := s.people.Create(ctx, tx, acc, account.Name{Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic}); err != nil {
		return err
	}
	for n := range s.share(i) {
		kind := i + 7*n
		def := s.services[kind%len(s.services)]
		status := madeStatuses[kind%len(madeStatuses)]
		err := s.App.applications.Fill(ctx, tx, application.Made{
			Account: acc, Applicant: p.FullName(), Service: def, Status: status, Clerk: s.clerks[def.Routing.Queue], Words: madeWords[status],
			Answers: eform.Answers{"name": p.FullName(), "comment": "Прошу рассмотреть заявление и сообщить о решении по электронной почте."},
			SentAt:  s.began.Add(-time.Duration(1+kind%600) * time.Hour),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// share is how many of the applications are the i-th citizen's: those who sign
// in get theirs first, the others what is left, in turn.
func (s *seed) share(i int) int {
	if s.citizens <= signers {
		return inTurn(s.applications, s.citizens, i)
	}
	first := min(s.applications, signers*signerShare)
	if i < signers {
		return inTurn(first, signers, i)
	}
	return inTurn(s.applications-first, s.citizens-signers, i-signers)
}

// inTurn is how many of n things the i-th of several people gets.
func inTurn(n, people, i int) int {
	share := n / people
	if i < n%people {
		share++
	}
	return share
}

// The statuses of made-up applications, as often as they stand here. None is
// done: that would take a sealed document each.
var (
	madeStatuses = []application.Status{application.Accepted, application.Working, application.Accepted, application.Refused, application.Working,
		application.Withdrawn, application.Clarify}
	madeWords = map[application.Status]string{
		application.Clarify: "Уточните, пожалуйста, адрес.",
		application.Refused: "Заявление подано повторно.",
	}
	madeSurnames = strings.Fields("Соколов Морозов Лебедев Новиков Козлов Павлов Егоров Орлов Никитин Захаров Белов Комаров Громов Зимин Котов Фролов Титов Карпов Гусев Блинов")
	madeNames    = strings.Fields("Алексей Борис Виктор Глеб Денис Егор Захар Игорь Кирилл Леонид Максим Никита Олег Павел Роман Семён Тимофей Фёдор Юрий Яков")
	madeFathers  = strings.Fields("Алексеевич Борисович Викторович Глебович Денисович Егорович Захарович Игоревич Кириллович Леонидович Максимович Никитич Олегович")
)

// madePerson returns the i-th made-up person.
func madePerson(i int) person.Person {
	pick := func(words []string, n int) string { return words[n%len(words)] }
	return person.Person{Surname: pick(madeSurnames, i), Name: pick(madeNames, i/len(madeSurnames)), Patronymic: pick(madeFathers, i)}
}
