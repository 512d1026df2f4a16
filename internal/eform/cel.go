package eform

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Names of the types of answers made of several values.
const (
	fioType      = "fio"
	passportType = "passport"
	addressType  = "address"
	bankType     = "bank"
	periodType   = "period"
	fileType     = "file"
	rowType      = "row_" // and the path of the group
)

// Limits on what one expression may take, so that no file can slow the portal.
const (
	maxExpression = 4000   // code points
	maxCost       = 50_000 // CEL's units: a rule over twenty rows takes some hundreds
)

// notGiven stands for an answer that was not given, cannot be read, or belongs
// to a hidden field. CEL passes it through every operation but those that are
// decided without it.
func notGiven() ref.Val { return types.NewUnknown(1, types.NewAttributeTrail("answer")) }

// object is an answer made of several, or a row of a group.
type object struct {
	typ   *types.Type
	field func(name string) ref.Val
}

// ConvertToNative is of no use here.
func (o *object) ConvertToNative(reflect.Type) (any, error) {
	return nil, fmt.Errorf("an answer of type %s has no native form", o.typ)
}

// ConvertToType is of no use here.
func (o *object) ConvertToType(ref.Type) ref.Val {
	return types.NewErr("an answer of type %s cannot be converted", o.typ)
}

// Equal reports whether it is the very same answer.
func (o *object) Equal(other ref.Val) ref.Val { return types.Bool(ref.Val(o) == other) }

// Type returns the type of the answer.
func (o *object) Type() ref.Type { return o.typ }

// Value returns the object itself.
func (o *object) Value() any { return o }

// provider knows the types of answers made of several.
type provider struct {
	types.Provider
	objects map[string]map[string]*cel.Type
}

// FindStructType returns the type called name.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if _, ok := p.objects[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldNames returns the names of a type's fields.
func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	fields, ok := p.objects[name]
	if !ok {
		return p.Provider.FindStructFieldNames(name)
	}
	names := make([]string, 0, len(fields))
	for n := range fields {
		names = append(names, n)
	}
	return names, true
}

// FindStructFieldType returns the type of a field and how to read it.
func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	fields, ok := p.objects[name]
	if !ok {
		return p.Provider.FindStructFieldType(name, field)
	}
	typ, ok := fields[field]
	if !ok {
		return nil, false
	}
	get := func(o any) ref.Val { return o.(*object).field(field) }
	return &types.FieldType{
		Type:    typ,
		IsSet:   func(o any) bool { return !types.IsUnknown(get(o)) },
		GetFrom: func(o any) (any, error) { return get(o), nil },
	}, true
}

// builtInTypes returns the fields of the types that every form has.
func builtInTypes() map[string]map[string]*cel.Type {
	objects := map[string]map[string]*cel.Type{
		fileType: {"name": cel.StringType, "size": cel.IntType, "type": cel.StringType},
	}
	for _, k := range []Kind{Fio, Passport, Address, Bank, Period} {
		spec := kindOf(k)
		fields := map[string]*cel.Type{}
		for _, p := range spec.parts {
			fields[p.name] = kindOf(p.kind).cel
		}
		objects[spec.cel.TypeName()] = fields
	}
	objects[fioType]["full"] = cel.StringType
	return objects
}

// ageToday makes age(born) mean age(born, today).
func ageToday(h cel.MacroExprFactory, _ celast.Expr, args []celast.Expr) (celast.Expr, *common.Error) {
	return h.NewCall("age", args[0], h.NewIdent("today")), nil
}

// functions returns what expressions may call besides CEL's own.
func functions() []cel.EnvOption {
	date, integer := cel.TimestampType, cel.IntType
	a := cel.TypeParamType("A")
	return []cel.EnvOption{
		cel.Macros(cel.GlobalMacro("age", 1, ageToday)),
		cel.Function("age", cel.Overload("age_on", []*cel.Type{date, date}, integer, dates(func(born, on time.Time) ref.Val {
			return types.Int(yearsBetween(born, on))
		}))),
		cel.Function("yearsBetween", cel.Overload("years_between", []*cel.Type{date, date}, integer, dates(func(from, to time.Time) ref.Val {
			return types.Int(yearsBetween(from, to))
		}))),
		cel.Function("monthsBetween", cel.Overload("months_between", []*cel.Type{date, date}, integer, dates(func(from, to time.Time) ref.Val {
			return types.Int(monthsBetween(from, to))
		}))),
		cel.Function("daysBetween", cel.Overload("days_between", []*cel.Type{date, date}, integer, dates(func(from, to time.Time) ref.Val {
			return types.Int(int64(to.Sub(from).Hours() / 24))
		}))),
		cel.Function("addDays", cel.Overload("add_days", []*cel.Type{date, integer}, date, dateAndNumber(func(d time.Time, n int) time.Time {
			return d.AddDate(0, 0, n)
		}))),
		cel.Function("addMonths", cel.Overload("add_months", []*cel.Type{date, integer}, date, dateAndNumber(addMonths))),
		cel.Function("addYears", cel.Overload("add_years", []*cel.Type{date, integer}, date, dateAndNumber(func(d time.Time, n int) time.Time {
			return addMonths(d, 12*n)
		}))),
		cel.Function("date", cel.Overload("date_string", []*cel.Type{cel.StringType}, date, cel.UnaryBinding(func(v ref.Val) ref.Val {
			t, err := time.Parse(time.DateOnly, v.Value().(string))
			if err != nil {
				return types.NewErr("date() takes a day like '2026-01-31'")
			}
			return types.Timestamp{Time: t}
		}))),
		cel.Function("yearOf", cel.Overload("year_of", []*cel.Type{date}, integer, cel.UnaryBinding(func(v ref.Val) ref.Val {
			return types.Int(v.(types.Timestamp).Year())
		}))),
		cel.Function("rub", cel.Overload("rub_int", []*cel.Type{integer}, integer, cel.UnaryBinding(func(v ref.Val) ref.Val {
			return v.(types.Int).Multiply(types.Int(100))
		}))),
		cel.Function("sum",
			cel.Overload("sum_int", []*cel.Type{cel.ListType(integer)}, integer, cel.UnaryBinding(sumFrom(types.IntZero))),
			cel.Overload("sum_double", []*cel.Type{cel.ListType(cel.DoubleType)}, cel.DoubleType, cel.UnaryBinding(sumFrom(types.Double(0))))),
		cel.Function("given", cel.Overload("given_any", []*cel.Type{a}, cel.BoolType, cel.OverloadIsNonStrict(), cel.UnaryBinding(func(v ref.Val) ref.Val {
			if list, ok := v.(traits.Lister); ok {
				return list.Size().(types.Int).Compare(types.IntZero).Equal(types.IntOne)
			}
			return types.Bool(!types.IsUnknownOrError(v))
		}))),
		cel.Function("orElse", cel.Overload("or_else", []*cel.Type{a, a}, a, cel.OverloadIsNonStrict(), cel.BinaryBinding(func(v, instead ref.Val) ref.Val {
			if types.IsUnknown(v) {
				return instead
			}
			return v
		}))),
	}
}

func dates(f func(from, to time.Time) ref.Val) cel.OverloadOpt {
	return cel.BinaryBinding(func(from, to ref.Val) ref.Val { return f(from.(types.Timestamp).Time, to.(types.Timestamp).Time) })
}

func dateAndNumber(f func(d time.Time, n int) time.Time) cel.OverloadOpt {
	return cel.BinaryBinding(func(d, n ref.Val) ref.Val {
		by := n.(types.Int)
		if by > 1_000_000 || by < -1_000_000 {
			return types.NewErr("the number is too large to count from a day")
		}
		return types.Timestamp{Time: f(d.(types.Timestamp).Time, int(by))}
	})
}

// sumFrom returns a function that adds the members of a list to zero. A member
// that was not given makes the sum not given.
func sumFrom(zero traits.Adder) func(ref.Val) ref.Val {
	return func(v ref.Val) ref.Val {
		total := zero.(ref.Val)
		for it := v.(traits.Lister).Iterator(); it.HasNext() == types.True; {
			next := it.Next()
			if types.IsUnknownOrError(next) {
				return next
			}
			total = total.(traits.Adder).Add(next)
		}
		return total
	}
}

// yearsBetween counts the full years from one day to another. Somebody born on
// 29 February is a year older on 1 March of a short year.
func yearsBetween(from, to time.Time) int {
	years := to.Year() - from.Year()
	if to.Month() < from.Month() || to.Month() == from.Month() && to.Day() < from.Day() {
		years--
	}
	return years
}

// monthsBetween counts the full months from one day to another.
func monthsBetween(from, to time.Time) int {
	months := (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
	if to.Day() < from.Day() {
		months--
	}
	return months
}

// addMonths keeps to the end of a shorter month: 31 January and one month is
// 28 or 29 February.
func addMonths(d time.Time, n int) time.Time {
	first := time.Date(d.Year(), d.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(d.Day(), last)-1)
}

// celAdvice says how to mend what CEL complains of.
func celAdvice(message string, names []string) (what, advice string) {
	switch {
	case strings.HasPrefix(message, "undeclared reference to '"):
		name := strings.TrimPrefix(message, "undeclared reference to '")
		name, _, _ = strings.Cut(name, "'")
		what = fmt.Sprintf("there is no %q here", name)
		if near := nearest(name, names); near != "" {
			return what, fmt.Sprintf("Did you mean %q? Fields of a row are read as row.<id>", near)
		}
		return what, "Use the id of a field of this or an earlier step, today, or inside a group row.<id>"
	case strings.HasPrefix(message, "undefined field '"):
		return message, "See the table of kinds for what an answer is made of"
	case strings.HasPrefix(message, "found no matching overload"):
		return message, "The parts are of types that do not go together: compare a text with a text, a date with date('2026-01-31'), a sum with rub(100)"
	case strings.HasPrefix(message, "Syntax error"):
		return message, "Texts stand in single quotes, equality is ==, and is &&, or is ||"
	}
	return message, ""
}

// nearest returns the name that differs from a wrong one by at most two
// letters, "" when there is none.
func nearest(wrong string, names []string) string {
	best, distance := "", 3
	for _, n := range names {
		if d := editDistance(wrong, n); d < distance {
			best, distance = n, d
		}
	}
	return best
}

// editDistance counts the letters to change, add or drop between two words.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			before, row[j] = row[j], min(row[j]+1, row[j-1]+1, before+cost)
		}
	}
	return row[len(b)]
}
