.mode list
create table t(a integer primary key, b text, c real);
with recursive n(i) as (values(1) union all select i + 1 from n where i < 2000)
  insert into t select i, 'row ' || i, i / 7.0 from n;
create index by_b on t(b);
select count(*), sum(a), round(sum(c), 6), min(b), max(b) from t;
select * from t where b like 'row 19%' order by c desc limit 5;
begin;
delete from t where a % 2;
select count(*) from t;
rollback;
select count(*) from t;
begin;
update t set b = upper(b) where a < 10;
commit;
create view v as select a, b from t where a < 12;
.headers on
select * from v;
select hex(randomblob(8)), datetime('now');
pragma integrity_check;
create table u(a references t(a), x unique);
insert into u values (1, 'x');
insert into u values (2, 'x');
select json_extract('{"a":[1,2,{"b":3}]}', '$.a[2].b'), json_group_array(a) from v;
select printf('%08.3f|%-5s|%x', 3.14159, 'ab', 255), substr('äöü', 2, 1), quote(x'00ff');
vacuum;
.schema t
.dump u
.read missing.sql
select * from missing;
.backup /copy.db
