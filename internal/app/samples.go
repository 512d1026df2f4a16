package app

import (
	"context"
	"errors"
	"fmt"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/proofing"
	"kabinet/internal/sandbox"
	"kabinet/internal/staff"
)

// sample is somebody of the demonstration.
type sample struct {
	person  person.Person
	phone   string // E.164
	email   string
	level   account.Level
	agency  string // of staff
	roles   []staff.Role
	comment string // what to try, printed beside the sign-in
}

// samples are the people of the demonstration: citizens of each level, who are
// also known to the sandbox's registers, clerks, and an administrator.
func samples() []sample {
	citizen := func(i int, level account.Level, comment string) sample {
		p := sandbox.People[i]
		s := sample{phone: p.Phone, email: p.Email, level: level, comment: comment, person: person.Person{Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic}}
		if level == account.Simplified {
			return s
		}
		s.person.BirthDate, s.person.Sex = p.BirthDate, person.Sex(p.Sex)
		s.person.SNILS, s.person.INN, s.person.Address = p.SNILS, p.INN, p.Address
		s.person.PassportSeries, s.person.PassportNumber = p.PassportSeries, p.PassportNumber
		s.person.PassportIssuedBy, s.person.PassportIssuedOn, s.person.DivisionCode = p.IssuedBy, p.IssuedOn, p.DivisionCode
		s.person.Verified = person.Parts
		return s
	}
	clerk := func(phone, agency string, role staff.Role, comment string, name ...string) sample {
		return sample{phone: phone, level: account.Simplified, agency: agency, roles: []staff.Role{role}, comment: comment,
			person: person.Person{Surname: name[0], Name: name[1], Patronymic: name[2]}}
	}
	return []sample{
		citizen(0, account.Confirmed, "подтверждённая учётная запись, код из SMS при входе"),
		citizen(1, account.Standard, "стандартная, данные сверены с реестрами"),
		citizen(2, account.Simplified, "упрощённая, профиль пуст"),
		clerk("+79000000101", "social", staff.Clerk, "сотрудник Центра социальной поддержки", "Ефимова", "Ольга", "Викторовна"),
		clerk("+79000000102", "social", staff.Clerk, "второй сотрудник того же центра", "Зайцев", "Павел", "Ильич"),
		clerk("+79000000103", "city", staff.Clerk, "сотрудник Администрации города", "Никитина", "Вера", "Павловна"),
		clerk("+79000000104", "tax", staff.Clerk, "сотрудник Налоговой службы", "Рогов", "Семён", "Андреевич"),
		clerk("+79000000105", staff.Portal, staff.Verifier, "проверяет личность по документам", "Белова", "Ирина", "Сергеевна"),
		clerk("+79000000106", staff.Portal, staff.Verifier, "второй специалист по проверке личности", "Макаров", "Игорь", "Львович"),
		clerk("+79000000107", "centre", staff.Operator, "специалист центра обслуживания", "Гусева", "Алла", "Петровна"),
		clerk("+79000000109", staff.Portal, staff.Administrator, "администратор портала", "Тихонов", "Роман", "Юрьевич"),
	}
}

// samplePeople makes the people of the demonstration who are not there yet and
// returns how to sign in as each.
func (a *App) samplePeople(ctx context.Context) (list []signIn, err error) {
	hash, err := a.accounts.Hash(ctx, demoPassword)
	if err != nil {
		return nil, err
	}
	for _, s := range samples() {
		if _, err := a.makeSample(ctx, s, hash); err != nil && !errors.Is(err, account.ErrTaken) {
			return nil, fmt.Errorf("making the sample people: %w", err)
		}
		list = append(list, signIn{who: s.person.ShortName(), login: i18n.Phone(s.phone), level: s.comment})
	}
	return list, nil
}

// makeSample makes one account with its person and, for staff, its roles, and
// returns the account's ID.
func (a *App) makeSample(ctx context.Context, s sample, hash string) (string, error) {
	var made account.Account
	err := a.db.Tx(ctx, func(tx *sqldb.DB) (err error) {
		if made, err = a.accounts.Make(ctx, tx, account.Sample{Level: s.level, Phone: s.phone, Email: s.email, Hash: hash}); err != nil {
			return err
		}
		agreed := []string{account.ConsentData, account.ConsentSignature}
		if err := a.consents.Registered(ctx, tx, made.ID, agreed, audit.Actor{Kind: audit.Person, ID: made.ID}); err != nil {
			return err
		}
		if err := a.people.Put(ctx, tx, made.ID, s.person, audit.Portal()); err != nil || len(s.person.Verified) == 0 {
			return err
		}
		for _, l := range proofing.Logins(s.person) {
			if err := a.accounts.Claim(ctx, tx, made.ID, l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(s.roles) == 0 {
		return made.ID, err
	}
	return made.ID, a.staff.Appoint(ctx, audit.Portal(), staff.Member{Account: made.ID, Agency: s.agency, Name: s.person.ShortName(), Roles: s.roles})
}

type userCommand struct {
	configFile
	Phone      string   `help:"Mobile phone, where codes go." required:""`
	Email      string   `help:"E-mail address."`
	Surname    string   `help:"Surname." required:""`
	Name       string   `help:"First name." required:""`
	Patronymic string   `help:"Patronymic."`
	Agency     string   `help:"Code of the agency, portal for those who run the portal." default:"portal"`
	Role       []string `help:"Roles: clerk, supervisor, verifier, operator, administrator." default:"administrator"`
	Password   string   `help:"Password; better given in the variable KABINET_USER_PASSWORD." env:"KABINET_USER_PASSWORD" required:""`
}

// Run makes an account with a role at the desk.
func (cmd userCommand) Run(ctx context.Context, c *console) error {
	cfg, err := cmd.load(c, true)
	if err != nil {
		return err
	}
	a, err := Open(ctx, cfg, c.err)
	if err != nil {
		return err
	}
	defer a.Close()
	phone, ok := account.ParsePhone(cmd.Phone)
	if !ok {
		return fmt.Errorf("%s is not a mobile phone", cmd.Phone)
	}
	var roles []staff.Role
	for _, r := range cmd.Role {
		roles = append(roles, staff.Role(r))
	}
	made, err := a.staff.Create(ctx, staff.NewUser{Phone: phone, Email: cmd.Email, Password: cmd.Password, Agency: cmd.Agency, Roles: roles,
		Name: account.Name{Surname: cmd.Surname, Name: cmd.Name, Patronymic: cmd.Patronymic}})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "account %s: %s\n", made.Number, i18n.Phone(phone))
	return nil
}
