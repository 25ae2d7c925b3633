// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title How a number gets its first owner
/// @notice Commit, wait, reveal: nobody who sees the reveal can be first. The commitment binds chain, contract, owner,
///         number, secret and the highest price; anyone may reveal and pay, only the bound owner gets the number.
interface INumberRegistrar {
    /// @notice This commitment stands since `committedAt` and has not expired.
    error AlreadyCommitted(bytes32 commitment, uint256 committedAt);

    /// @notice Nobody made this commitment, or it was revealed.
    error NotCommitted(bytes32 commitment);

    /// @notice The reveal comes too early: wait until `readyAt` (seconds since 1970).
    error CommitmentTooNew(bytes32 commitment, uint256 readyAt);

    /// @notice The reveal comes too late: the commitment expired at `expiredAt`.
    error CommitmentExpired(bytes32 commitment, uint256 expiredAt);

    /// @notice The price rose above what the buyer committed to.
    error PriceAboveCeiling(uint256 price, uint256 maxPrice);

    /// @notice The number costs `price`; `paid` came.
    error Underpaid(uint256 price, uint256 paid);

    /// @notice The payer took not back what he paid too much.
    error RefundFailed(address payer, uint256 amount);

    /// @notice The treasury took not what was withdrawn to it.
    error WithdrawalFailed(address to, uint256 amount);

    /// @notice Only the treasury may do this.
    error NotTreasury(address caller, address treasury);

    /// @notice Only the proposed treasury may accept.
    error NotPendingTreasury(address caller, address pending);

    /// @notice The treasury cannot be zero.
    error ZeroTreasury();

    /// @notice Prices stand for 5 to 10 digits; 10 stands for longer ones too.
    error NoSuchPrice(uint8 digits);

    /// @notice The code allows no higher price than `cap` for that many digits.
    error PriceAboveCap(uint8 digits, uint256 price, uint256 cap);

    /// @notice Not a number: fewer than 5 or more than 15 digits.
    error NotANumber(uint256 number);

    /// @notice A commitment was made; its age counts from this block.
    event Committed(bytes32 indexed commitment);

    /// @notice `number` got its first owner, for `price` wei. `commitment` is revealed and stands no longer.
    event Registered(uint256 indexed number, address indexed owner, uint256 price, bytes32 commitment);

    /// @notice Numbers of `digits` digits (10: and longer) now cost `price` wei.
    event PriceChanged(uint8 indexed digits, uint256 price);

    /// @notice The income went to the treasury.
    event Withdrawn(address indexed to, uint256 amount);

    /// @notice `treasury` may accept to be the treasury.
    event TreasuryProposed(address indexed treasury);

    /// @notice The treasury is another account now.
    event TreasuryChanged(address indexed previous, address indexed treasury);

    /// @notice Stands by a hidden wish for a number.
    function commit(bytes32 commitment) external;

    /// @notice Mints `number` to `owner`, who bound it MIN_COMMIT_AGE to MAX_COMMIT_AGE ago. What is paid above the
    ///         price goes back to the caller.
    function register(uint256 number, address owner, bytes32 secret, uint256 maxPrice) external payable;

    /// @notice Sets a price, no higher than its cap. The treasury's call.
    function setPrice(uint8 digits, uint256 price) external;

    /// @notice Sends the income to the treasury. Anyone's call.
    function withdraw() external;

    /// @notice Offers the office of treasury to another account (zero: takes the offer back). The treasury's call.
    function proposeTreasury(address next) external;

    /// @notice Takes the office over. The proposed account's call.
    function acceptTreasury() external;

    /// @notice What to commit to.
    function makeCommitment(uint256 number, address owner, bytes32 secret, uint256 maxPrice)
        external
        view
        returns (bytes32);

    /// @notice When the commitment was made, 0 when it does not stand.
    function committedAt(bytes32 commitment) external view returns (uint256);

    /// @notice What `number` costs, in wei.
    function priceOf(uint256 number) external view returns (uint256);

    /// @notice The highest price that the code allows for that many digits, in wei.
    function priceCap(uint8 digits) external pure returns (uint256);

    /// @notice Who gets the income and sets prices.
    function treasury() external view returns (address);

    /// @notice Who may become the treasury; zero when nobody is proposed.
    function pendingTreasury() external view returns (address);
}
