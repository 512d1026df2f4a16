package application

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"kabinet/internal/register/tax"
)

// ConnectorIncome is the name by which definitions route an application to the
// tax register for a certificate of income.
const ConnectorIncome = "tax.income"

// Income returns the connector to the tax register. A form that is routed to it
// asks for year, fio, birth_date, snils, inn and passport. For the document it
// gives the data year, income and tax, and rows of agent, inn, month, code and
// income.
func Income(register *tax.Client) Connector {
	return func(ctx context.Context, r Request) (Outcome, error) {
		q, err := incomeRequest(r)
		if err != nil {
			return Outcome{}, err
		}
		answer, err := register.IncomeCertificate(ctx, q)
		if err != nil {
			return Outcome{}, fmt.Errorf("asking for income: %w", err)
		}
		return incomeOutcome(q.Year, answer), nil
	}
}

func incomeRequest(r Request) (tax.Request, error) {
	get := func(path string) string { return r.Answers[path] }
	year, err := strconv.Atoi(get("year"))
	if err != nil {
		return tax.Request{}, fmt.Errorf("the form of %s gives no year", r.Service)
	}
	return tax.Request{
		ID: r.ID, INN: get("inn"), SNILS: get("snils"), Surname: get("fio.last"), Name: get("fio.first"), Patronymic: get("fio.middle"),
		BirthDate: get("birth_date"), Passport: tax.Passport{Series: get("passport.series"), Number: get("passport.number")}, Year: year,
	}, nil
}

func incomeOutcome(year int, answer tax.Answer) Outcome {
	switch answer.Status {
	case tax.NotFound:
		return Outcome{Reason: "application.refuse_unknown"}
	case tax.Mismatch:
		o := Outcome{Reason: "application.refuse_mismatch"}
		for _, f := range answer.Fields {
			o.Fields = append(o.Fields, differing(f))
		}
		return o
	}
	o := Outcome{Approved: true, Data: map[string]string{
		"year":   strconv.Itoa(year),
		"income": strconv.FormatInt(answer.Totals.IncomeKopecks, 10),
		"tax":    strconv.FormatInt(answer.Totals.TaxKopecks, 10),
	}}
	for _, agent := range answer.Agents {
		for _, in := range agent.Income {
			o.Rows = append(o.Rows, map[string]string{
				"agent": agent.Name, "inn": agent.INN, "month": strconv.Itoa(in.Month), "code": in.Code, "income": strconv.FormatInt(in.Kopecks, 10),
			})
		}
	}
	return o
}

// differing is the message key of a field in which the register knows another
// value.
func differing(field string) string {
	name, _, _ := strings.Cut(field, ".")
	switch name {
	case "surname", "name", "patronymic", "birthDate", "snils", "inn", "passport":
		return "application.differs_" + strings.ToLower(name)
	}
	return "application.differs_other"
}
