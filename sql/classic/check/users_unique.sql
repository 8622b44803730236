-- user_id is the key of users.
SELECT user_id, COUNT(*) AS copies
FROM :"star_schema".users
GROUP BY user_id
HAVING COUNT(*) > 1
LIMIT 100;
