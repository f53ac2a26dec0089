package audit
import ("testing";"os";"github.com/numalens/numalens/pkg/collect/trace/tracetest")
func TestTry(t *testing.T){
 if os.Getenv("TRY_OUT")=="" {t.Skip("x")}
 r,err:=Open(t.Context(),os.Getenv("TRY_OUT")); if err!=nil{t.Fatal(err)}
 f,_:=os.Open(os.Getenv("TRY_ACC")); a,err:=tracetest.Read(f); if err!=nil{t.Fatal(err)}
 t.Log(len(r.Events),len(r.Allocations),len(r.Migrations),len(r.Stacks),len(r.Symbols))
 for _,u:=range r.Manifest.Unavailable{t.Log(u)}
 for _,n:=range r.Notes{t.Log(n)}
 show:=func(n string,l *Ledger){ for _,s:=range l.Told{t.Log(n,s)}; for _,s:=range l.Wrong{ if len(s)>1500{s=s[:1500]}; t.Error(n,s)} }
 if a.Kmalloc!=nil{ show("kmalloc",r.Kmalloc(a)) }
 if a.Failed!=nil{ show("failed",r.Failed(a)) }
 if a.Pages!=nil{ show("pages",r.Pages(a)) }
 if a.Moves!=nil{ show("moves",r.Moves(a,len(a.Machine.Nodes)>1)) }
 if a.Balance!=nil{ show("balance",r.Balance(a)) }
 if a.Growths!=nil{ show("growths",r.Growths(a)) }
 if a.Heap!=nil{ show("heap",r.Heap(a)) }
 if a.Flushes!=nil{ show("flush",r.Flushes(a,64)) }
}
